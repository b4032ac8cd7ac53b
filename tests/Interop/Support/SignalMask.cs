using System.Globalization;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Tests.Support;

/// <summary>Holds a signal back from the calling thread, so that a test can see that it was sent.</summary>
internal sealed partial class SignalMask : IDisposable
{
    private const int Block = 0, Unblock = 1;

    private readonly int _signal;
    private readonly ulong[] _set = new ulong[16];

    public SignalMask(int signal)
    {
        _signal = signal;
        _set[0] = 1UL << (signal - 1);
        Assert.Equal(0, SetMask(Block, _set, null));
    }

    /// <summary>Whether the signal has been sent to this thread.</summary>
    public bool IsPending
    {
        get
        {
            var line = File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith("SigPnd:", StringComparison.Ordinal));
            var pending = ulong.Parse(line.AsSpan("SigPnd:".Length), NumberStyles.HexNumber);
            return (pending & (1UL << (_signal - 1))) != 0;
        }
    }

    /// <summary>Lets a pending signal be delivered.</summary>
    public void Dispose() => Assert.Equal(0, SetMask(Unblock, _set, null));

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetMask(int how, [In] ulong[] set, [In] ulong[]? previous);
}
