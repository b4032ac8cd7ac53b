using System.Globalization;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Tracing;

/// <summary>
/// Arguments of system calls as strace shows them. What an argument points to is read again, for the eye only: the program may have
/// changed it, and what is not there shows as its address.
/// </summary>
/// <param name="memory">The guest's memory.</param>
internal sealed partial class ArgumentText(GuestMemory memory)
{
    private const int MaxBytes = 32, MaxItems = 16, MaxPathBytes = 4096;
    private const int CurrentDirectory = -100;
    private const int SignalBits = 64;

    private readonly GuestBuffers _buffers = new(memory);

    /// <summary>Shows one.</summary>
    /// <param name="argument">What it is.</param>
    /// <param name="call">The call.</param>
    /// <param name="index">Which argument, from 0.</param>
    /// <param name="result">What the call returned.</param>
    public string Of(in Argument argument, in GuestCall call, int index, long result)
    {
        _buffers.Begin();
        var value = ValueOf(call, index);
        var text = argument.Kind switch
        {
            ArgumentKind.Int or ArgumentKind.Fd => Invariant($"{(int)value}"),
            ArgumentKind.Uint => Invariant($"{(uint)value}"),
            ArgumentKind.Size => Invariant($"{(long)value}"),
            ArgumentKind.Dirfd => (int)value == CurrentDirectory ? "AT_FDCWD" : Invariant($"{(int)value}"),
            ArgumentKind.Mode => (uint)value == 0 ? "000" : "0" + Convert.ToString((uint)value, 8),
            ArgumentKind.Sig => FlagNames.Signal((uint)value),
            ArgumentKind.Flags => FlagNames.Describe(argument.Set, (uint)value),
            ArgumentKind.Name => FlagNames.NameOf(argument.Set, (uint)value),
            _ when value == 0 => "NULL",
            ArgumentKind.Path => StringAt(call, value, MaxPathBytes),
            ArgumentKind.Str => StringAt(call, value, MaxBytes),
            ArgumentKind.In => Bytes(call, value, ValueOf(call, argument.Length - 1)),
            ArgumentKind.Out => result >= 0 ? Bytes(call, value, (ulong)result) : null,
            ArgumentKind.Iovin => Vectors(call, value, ValueOf(call, argument.Length - 1), long.MaxValue),
            ArgumentKind.Iovout => result >= 0 ? Vectors(call, value, ValueOf(call, argument.Length - 1), result) : null,
            ArgumentKind.Pollfds => Polled(call, value, ValueOf(call, argument.Length - 1), result),
            ArgumentKind.Sigset => Signals(call, value),
            ArgumentKind.Sigact => Action(call, value),
            ArgumentKind.Ts => Seconds(call, value, "tv_nsec"),
            ArgumentKind.Rlim => Limit(call, value),
            ArgumentKind.Epollevent => Events(call, value, 1, isList: false),
            ArgumentKind.Timerspec => Timer(call, value),
            _ when result < 0 => null,
            ArgumentKind.Tsout => Seconds(call, value, "tv_nsec"),
            ArgumentKind.Tvout => Seconds(call, value, "tv_usec"),
            ArgumentKind.Epollevents => Events(call, value, (ulong)result, isList: true),
            ArgumentKind.Timerspecout => Timer(call, value),
            ArgumentKind.Sigsetout => Signals(call, value),
            ArgumentKind.Rlimout => Limit(call, value),
            ArgumentKind.Stat => Status(call, value),
            ArgumentKind.Statx => ExtendedStatus(call, value),
            ArgumentKind.Fdpair => _buffers.Read(call.Space, value, out Pair<int> pair) == Errno.None ? Invariant($"[{pair.First}, {pair.Second}]") : null,
            ArgumentKind.Uname => Names(call, value),
            _ => null,
        };
        return text ?? Invariant($"0x{value:x}");
    }

    /// <summary>An argument by its place, from 0.</summary>
    public static ulong ValueOf(in GuestCall call, int index) => index switch
    {
        0 => call.First,
        1 => call.Second,
        2 => call.Third,
        3 => call.Fourth,
        4 => call.Fifth,
        _ => call.Sixth,
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private string? StringAt(in GuestCall call, ulong address, int most)
    {
        Span<byte> bytes = stackalloc byte[most];
        return _buffers.ReadPath(call.Space, address, bytes, out var length) switch
        {
            Errno.None => QuotedText.Of(bytes[..length], isCut: false),
            Errno.ENAMETOOLONG => QuotedText.Of(bytes, isCut: true),
            _ => null,
        };
    }

    private string? Bytes(in GuestCall call, ulong address, ulong length)
    {
        Span<byte> bytes = stackalloc byte[(int)Math.Min(length, MaxBytes)];
        return _buffers.CopyIn(call.Space, address, bytes) == Errno.None ? QuotedText.Of(bytes, isCut: length > MaxBytes) : null;
    }

    private string? Vectors(in GuestCall call, ulong address, ulong count, long bytes)
    {
        var text = new StringBuilder("[");
        for (var index = 0UL; index < Math.Min(count, MaxItems); index++)
        {
            if (_buffers.Read(call.Space, address + (index * 16), out Pair<ulong> vector) != Errno.None)
            {
                return null;
            }

            var length = Math.Min(vector.Second, (ulong)bytes);
            bytes -= (long)Math.Min(length, long.MaxValue);
            text.Append(index == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{{iov_base={Bytes(call, vector.First, length) ?? $"0x{vector.First:x}"}, iov_len={vector.Second}}}");
        }

        return text.Append(count > MaxItems ? ", ...]" : "]").ToString();
    }

    private string? Polled(in GuestCall call, ulong address, ulong count, long result)
    {
        var text = new StringBuilder("[");
        for (var index = 0UL; index < Math.Min(count, MaxItems); index++)
        {
            if (_buffers.Read(call.Space, address + (index * 8), out PollEntry entry) != Errno.None)
            {
                return null;
            }

            var ready = result > 0 && entry.Ready != 0 ? $", revents={FlagNames.Describe("poll", (ushort)entry.Ready)}" : "";
            text.Append(index == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{{fd={entry.Fd}, events={FlagNames.Describe("poll", (ushort)entry.Wanted)}{ready}}}");
        }

        return text.Append(count > MaxItems ? ", ...]" : "]").ToString();
    }

    private string? Signals(in GuestCall call, ulong address) =>
        _buffers.Read(call.Space, address, out ulong set) == Errno.None ? Signals(set) : null;

    private static string Signals(ulong set)
    {
        // As strace has it: what is missing, where that is shorter.
        var isMost = ulong.PopCount(set) > SignalBits / 2;
        var shown = isMost ? ~set : set;
        var names = Enumerable.Range(0, SignalBits).Where(bit => (shown >> bit & 1) != 0).Select(bit => FlagNames.Signal((ulong)bit + 1).Replace("SIG", "", StringComparison.Ordinal));
        return $"{(isMost ? "~" : "")}[{string.Join(' ', names)}]";
    }

    private string? Action(in GuestCall call, ulong address)
    {
        if (_buffers.Read(call.Space, address, out SignalAction action) != Errno.None)
        {
            return null;
        }

        var handler = action.Handler switch { 0 => "SIG_DFL", 1 => "SIG_IGN", var other => Invariant($"0x{other:x}") };
        return $"{{sa_handler={handler}, sa_mask={Signals(action.Mask)}, sa_flags={FlagNames.Describe("sa", action.Flags)}}}";
    }

    private string? Seconds(in GuestCall call, ulong address, string fraction) => _buffers.Read(call.Space, address, out Pair<long> time) == Errno.None
        ? Invariant($"{{tv_sec={time.First}, {fraction}={time.Second}}}") : null;

    private string? Limit(in GuestCall call, ulong address) => _buffers.Read(call.Space, address, out Pair<ulong> limit) == Errno.None
        ? $"{{rlim_cur={Amount(limit.First)}, rlim_max={Amount(limit.Second)}}}" : null;

    private static string Amount(ulong value) => value == ulong.MaxValue ? "RLIM64_INFINITY" : value.ToString(CultureInfo.InvariantCulture);

    private string? Status(in GuestCall call, ulong address) => _buffers.Read(call.Space, address, out stat_t status) == Errno.None
        ? $"{{st_mode={FileMode(status.st_mode)}, st_size={Invariant($"{status.st_size}")}, ...}}" : null;

    private string? ExtendedStatus(in GuestCall call, ulong address) => _buffers.Read(call.Space, address, out statx_t status) == Errno.None
        ? $"{{stx_mask={FlagNames.Describe("statx", status.stx_mask)}, stx_mode={FileMode(status.stx_mode)}, stx_size={Invariant($"{status.stx_size}")}, ...}}" : null;

    private static string FileMode(uint mode)
    {
        var type = (mode & 0xF000) switch
        {
            0x8000 => "S_IFREG",
            0x4000 => "S_IFDIR",
            0xA000 => "S_IFLNK",
            0x2000 => "S_IFCHR",
            0x6000 => "S_IFBLK",
            0x1000 => "S_IFIFO",
            0xC000 => "S_IFSOCK",
            var other => "0" + Convert.ToString(other, 8),
        };
        return $"{type}|0{Convert.ToString(mode & 0xFFF, 8)}";
    }

    private string? Names(in GuestCall call, ulong address)
    {
        const ulong FieldBytes = 65;
        return StringAt(call, address, (int)FieldBytes) is { } system && StringAt(call, address + FieldBytes, (int)FieldBytes) is { } node
            ? $"{{sysname={system}, nodename={node}, ...}}" : null;
    }

    private readonly record struct Pair<T>(T First, T Second)
        where T : unmanaged;

    // struct pollfd.
    private readonly record struct PollEntry(int Fd, short Wanted, short Ready);

    // struct kernel_sigaction of asm/signal.h.
    private readonly record struct SignalAction(ulong Handler, ulong Flags, ulong Restorer, ulong Mask);
}
