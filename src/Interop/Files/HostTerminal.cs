using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Files;

/// <summary>What a terminal among the host process's standard streams says of itself.</summary>
public static unsafe class HostTerminal
{
    /// <summary>Bytes of <c>struct termios</c> as the kernel has it (<c>asm-generic/termbits.h</c>).</summary>
    public const int SettingsBytes = 36;

    /// <summary>Whether a stream of this process is a terminal.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    public static bool IsTerminal(int stream)
    {
        Span<byte> settings = stackalloc byte[SettingsBytes];
        return GetSettings(stream, settings) == 0;
    }

    /// <summary>Reads a terminal's settings (TCGETS).</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <param name="settings">Receives <see cref="SettingsBytes"/> bytes.</param>
    /// <returns>0, or a negative errno: ENOTTY when it is no terminal.</returns>
    public static long GetSettings(int stream, Span<byte> settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Length, SettingsBytes, nameof(settings));

        // SAFETY: the kernel writes 36 bytes, and there is room for them; pinned for the call.
        fixed (byte* pointer = settings)
        {
            return LibC.Call(LibC.SYS_ioctl, stream, (nint)LibC.TCGETS, (nint)pointer);
        }
    }

    /// <summary>Reads a terminal's size (TIOCGWINSZ).</summary>
    /// <returns>0, or a negative errno.</returns>
    public static long GetSize(int stream, out winsize_t size)
    {
        winsize_t value = default;

        // SAFETY: the kernel writes one structure to this stack.
        var result = LibC.Call(LibC.SYS_ioctl, stream, (nint)LibC.TIOCGWINSZ, (nint)(&value));
        size = value;
        return result;
    }
}
