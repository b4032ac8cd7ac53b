namespace KvmActors.Machine.Debugging.Remote;

/// <summary>Signals by the protocol's numbers, which are no system's (GDB's include/gdb/signals.def).</summary>
public static class GdbSignals
{
    private const int FirstRealTime = 32, Unknown = 143;

    // By Linux's number, up to SIGSYS.
    private static readonly byte[] ByLinux =
    [
        0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, Unknown, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12,
    ];

    /// <summary>The protocol's number of a signal of Linux's.</summary>
    public static int FromLinux(int signal) => signal switch
    {
        < 0 => Unknown,
        < FirstRealTime => ByLinux[signal],
        FirstRealTime => 77,
        < 64 => 45 + signal - 33,
        64 => 78,
        _ => Unknown,
    };

    /// <summary>Linux's number of a signal of the protocol's; 0 for one that Linux does not have.</summary>
    public static int ToLinux(ulong signal) => signal switch
    {
        0 or Unknown => 0,
        77 => FirstRealTime,
        >= 45 and <= 75 => (int)signal - 45 + 33,
        78 => 64,
        <= 32 => Math.Max(0, Array.IndexOf(ByLinux, (byte)signal)),
        _ => 0,
    };
}
