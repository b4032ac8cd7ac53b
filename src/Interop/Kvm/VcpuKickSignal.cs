using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// The signal that takes a thread out of KVM_RUN. Its handler is a C library function that does nothing of consequence, so no
/// managed code runs in it and nothing has to be masked or drained: KVM_RUN returns EINTR, and a signal that comes too early
/// is covered by <c>immediate_exit</c>.
/// </summary>
internal static unsafe class VcpuKickSignal
{
    /// <summary>A real-time signal the .NET runtime (SIGRTMIN, 34) and the C libraries (32 to 34) do not use.</summary>
    public const int Number = 42;

    private static readonly Lazy<bool> Installed = new(Install);

    /// <summary>Makes the signal harmless to this process; once is enough.</summary>
    public static void EnsureInstalled() => _ = Installed.Value;

    /// <summary>Sends the signal to a thread of this process.</summary>
    public static void Send(int thread) => _ = LibC.tgkill(LibC.getpid(), thread, Number);

    private static bool Install()
    {
        var action = new LibC.sigaction_t
        {
            // getpid() ignores the signal number it is called with, touches nothing and is async-signal-safe.
            sa_handler = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "getpid"),
        };

        // SAFETY: the structure is on this stack and laid out as C's (checked by a test); no SA_RESTART, so calls end with EINTR.
        LibC.Check(LibC.sigaction(Number, &action, null), "sigaction");
        return true;
    }
}
