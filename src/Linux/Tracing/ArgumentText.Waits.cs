using System.Globalization;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Tracing;

/// <summary>What calls that wait for files and times take.</summary>
internal sealed partial class ArgumentText
{
    private string? Events(in GuestCall call, ulong address, ulong count, bool isList)
    {
        // Packed: two words of four bytes are one of eight.
        const int Words = 3;
        var text = new StringBuilder(isList ? "[" : "");
        for (var index = 0UL; index < Math.Min(count, MaxItems); index++)
        {
            if (_buffers.Read(call.Space, address + (index * Words * sizeof(uint)), out EpollEvent entry) != Errno.None)
            {
                return null;
            }

            var data = (ulong)entry.High << 32 | entry.Low;
            text.Append(index == 0 ? "" : ", ")
                .Append(CultureInfo.InvariantCulture, $"{{events={FlagNames.Describe("epollevents", entry.Events)}, data={{u32={entry.Low}, u64={data}}}}}");
        }

        return text.Append(!isList ? "" : count > MaxItems ? ", ...]" : "]").ToString();
    }

    private string? Timer(in GuestCall call, ulong address) =>
        Seconds(call, address, "tv_nsec") is { } interval && Seconds(call, address + 16, "tv_nsec") is { } value
            ? $"{{it_interval={interval}, it_value={value}}}" : null;

    // struct epoll_event.
    private readonly record struct EpollEvent(uint Events, uint Low, uint High);
}
