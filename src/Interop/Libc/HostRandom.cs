namespace KvmActors.Interop.Libc;

/// <summary>
/// The kernel's random numbers (getrandom(2)). Not .NET's: those load OpenSSL, which takes longer than a small guest runs and is
/// not on every machine.
/// </summary>
public static unsafe class HostRandom
{
    /// <summary>Fills a buffer.</summary>
    public static void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            long filled;

            // SAFETY: pinned for the call, and the length is the span's own.
            fixed (byte* pointer = bytes)
            {
                filled = LibC.Call(LibC.SYS_getrandom, (nint)pointer, bytes.Length);
            }

            // A signal can end a long one early; there is no other failure.
            bytes = bytes[(int)Math.Max(0, filled)..];
        }
    }
}
