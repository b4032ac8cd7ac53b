using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// ioctl(2) on the terminal among the host process's standard streams: its settings, its size, its queues. Job control is not there yet
/// (ENOTTY), and nothing is that would type on the user's behalf, stop the terminal or change its line.
/// </summary>
internal sealed class TerminalCalls(SyscallContext context)
{
    // asm-generic/ioctls.h
    private const uint GetSettings = 0x5401, SetSettings = 0x5402, SetSettingsDroppingInput = 0x5404, Drain = 0x5409, Flush = 0x540B;
    private const uint GetUnsent = 0x5411, GetWindowSize = 0x5413;
    private const uint GetLongSettings = 0x802C542A, SetLongSettings = 0x402C542B, SetLongSettingsDroppingInput = 0x402C542D;

    /// <summary>Serves a request on a terminal.</summary>
    /// <param name="call">The call.</param>
    /// <param name="stream">The host stream that is the terminal.</param>
    public long Control(in GuestCall call, int stream)
    {
        switch ((uint)call.Second)
        {
            case GetSettings:
                return Get(call, stream, HostTerminal.SettingsBytes);
            case GetLongSettings:
                return Get(call, stream, HostTerminal.LongSettingsBytes);
            case >= SetSettings and <= SetSettingsDroppingInput:
                return Set(call, stream, HostTerminal.SettingsBytes, (TerminalChange)(call.Second - SetSettings));
            case >= SetLongSettings and <= SetLongSettingsDroppingInput:
                return Set(call, stream, HostTerminal.LongSettingsBytes, (TerminalChange)(call.Second - SetLongSettings));
            case Drain:
                // With 0 it would send a break.
                return call.Third == 0 ? 0 : HostTerminal.Drain(stream);
            case Flush:
                return HostTerminal.Flush(stream, call.Third);
            case GetUnsent:
                var result = HostTerminal.GetUnsent(stream, out var unsent);
                return result < 0 ? result : context.Buffers.Write(call.Space, call.Third, unsent).ToResult();
            case GetWindowSize:
                result = HostTerminal.GetSize(stream, out var size);
                return result < 0 ? result : context.Buffers.Write(call.Space, call.Third, size).ToResult();
            default:
                return Errno.ENOTTY.ToResult();
        }
    }

    private long Get(in GuestCall call, int stream, int bytes)
    {
        Span<byte> settings = stackalloc byte[HostTerminal.LongSettingsBytes];
        var result = HostTerminal.GetSettings(stream, settings[..bytes]);
        return result < 0 ? result : context.Buffers.CopyOut(call.Space, call.Third, settings[..bytes]).ToResult();
    }

    private long Set(in GuestCall call, int stream, int bytes, TerminalChange when)
    {
        Span<byte> settings = stackalloc byte[HostTerminal.LongSettingsBytes];
        var errno = context.Buffers.CopyIn(call.Space, call.Third, settings[..bytes]);
        return errno == Errno.None ? HostTerminal.SetSettings(stream, settings[..bytes], when) : errno.ToResult();
    }
}
