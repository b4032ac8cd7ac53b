using System.Buffers.Binary;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Files;

/// <summary>
/// A terminal among the host process's standard streams. Requests are those of <c>asm-generic/ioctls.h</c>; results are 0 or a negative
/// errno, ENOTTY when the stream is no terminal.
/// </summary>
public static unsafe class HostTerminal
{
    /// <summary>Bytes of <c>struct termios</c> as the kernel has it (<c>asm-generic/termbits.h</c>).</summary>
    public const int SettingsBytes = 36;

    /// <summary>Bytes of <c>struct termios2</c>, which is <c>struct termios</c> and two speeds.</summary>
    public const int LongSettingsBytes = 44;

    // struct termios: c_iflag, c_oflag, c_cflag, c_lflag; ICANON.
    private const int ControlFlagsOffset = 8, LocalFlagsOffset = 12;
    private const uint Canonical = 2;

    /// <summary>Whether a stream of this process is a terminal.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    public static bool IsTerminal(int stream)
    {
        Span<byte> settings = stackalloc byte[SettingsBytes];
        return GetSettings(stream, settings) == 0;
    }

    /// <summary>Whether a stream is a terminal that hands on keys as they are typed, not lines: what editors and line editors ask for.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    public static bool IsRaw(int stream)
    {
        Span<byte> settings = stackalloc byte[SettingsBytes];
        return GetSettings(stream, settings) == 0 && (BinaryPrimitives.ReadUInt32LittleEndian(settings[LocalFlagsOffset..]) & Canonical) == 0;
    }

    /// <summary>Reads a terminal's settings: TCGETS or TCGETS2, by how many bytes are asked for.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <param name="settings">Receives <see cref="SettingsBytes"/> or <see cref="LongSettingsBytes"/> bytes.</param>
    public static long GetSettings(int stream, Span<byte> settings) =>
        Control(stream, IsLong(settings) ? LibC.TCGETS2 : LibC.TCGETS, settings);

    /// <summary>Changes a terminal's settings, but for how a line is transmitted: speeds, parity and the like (c_cflag) stay.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <param name="settings">The settings, <see cref="SettingsBytes"/> or <see cref="LongSettingsBytes"/> bytes.</param>
    /// <param name="when">When they count.</param>
    public static long SetSettings(int stream, ReadOnlySpan<byte> settings, TerminalChange when)
    {
        Span<byte> changed = stackalloc byte[LongSettingsBytes];
        changed = changed[..settings.Length];
        var result = GetSettings(stream, changed);
        if (result < 0)
        {
            return result;
        }

        settings[..ControlFlagsOffset].CopyTo(changed);
        settings[LocalFlagsOffset..SettingsBytes].CopyTo(changed[LocalFlagsOffset..]);
        return Control(stream, (IsLong(settings) ? LibC.TCSETS2 : LibC.TCSETS) + (uint)when, changed);
    }

    /// <summary>Waits until what was written is transmitted, or a signal comes (TCSBRK with an argument, as tcdrain(3) does).</summary>
    /// <param name="stream">0, 1 or 2.</param>
    public static long Drain(int stream) => LibC.Call(LibC.SYS_ioctl, stream, (nint)LibC.TCSBRK, 1);

    /// <summary>Drops what was typed and not read, or written and not transmitted (TCFLSH).</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <param name="queue">0 for what was typed, 1 for what was written, 2 for both; otherwise EINVAL.</param>
    public static long Flush(int stream, ulong queue) => queue <= 2 ? LibC.Call(LibC.SYS_ioctl, stream, (nint)LibC.TCFLSH, (nint)queue) : Errno.EINVAL.ToResult();

    /// <summary>Reads a terminal's size (TIOCGWINSZ).</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <param name="size">Receives it.</param>
    public static long GetSize(int stream, out winsize_t size)
    {
        winsize_t value = default;

        // SAFETY: the kernel writes one structure to this stack.
        var result = LibC.Call(LibC.SYS_ioctl, stream, (nint)LibC.TIOCGWINSZ, (nint)(&value));
        size = value;
        return result;
    }

    /// <summary>How many bytes were written and are not transmitted (TIOCOUTQ).</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <param name="bytes">Receives the number.</param>
    public static long GetUnsent(int stream, out int bytes)
    {
        int value = 0;

        // SAFETY: the kernel writes one int to this stack.
        var result = LibC.Call(LibC.SYS_ioctl, stream, (nint)LibC.TIOCOUTQ, (nint)(&value));
        bytes = value;
        return result;
    }

    private static bool IsLong(ReadOnlySpan<byte> settings) => settings.Length switch
    {
        SettingsBytes => false,
        LongSettingsBytes => true,
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Length, "Terminal settings have another size."),
    };

    private static long Control(int stream, uint request, Span<byte> settings)
    {
        // SAFETY: the request was chosen by the buffer's size, which is all the kernel reads or writes; pinned for the call.
        fixed (byte* pointer = settings)
        {
            return LibC.Call(LibC.SYS_ioctl, stream, (nint)request, (nint)pointer);
        }
    }
}
