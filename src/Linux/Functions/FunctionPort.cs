namespace KvmActors.Linux.Functions;

/// <summary>The calls by which a guest and the program that embeds it use one another's functions; <c>guest/include/kvmactors.h</c> has them.</summary>
public enum FunctionPort
{
    /// <summary>Gives back what the last function answered, and waits for the next call.</summary>
    Next = 0,

    /// <summary>Says which functions the guest has.</summary>
    Export = 1,

    /// <summary>Finds a function of the host's.</summary>
    Import = 2,

    /// <summary>Calls it.</summary>
    Invoke = 3,
}

/// <summary>How these calls are made: as system calls under the guest kernel, by ports without it.</summary>
public static class FunctionPorts
{
    /// <summary>The first of the system call numbers; Linux has none near it.</summary>
    public const ulong FirstNumber = 0x6B76_6D00;

    /// <summary>The first of the ports.</summary>
    public const ushort FirstPort = 0x8040;

    private const int Count = 4;

    /// <summary>The call of a system call number; null for other numbers.</summary>
    public static FunctionPort? OfNumber(ulong number) => number - FirstNumber < Count ? (FunctionPort)(number - FirstNumber) : null;

    /// <summary>The call of a port; null for other ports.</summary>
    public static FunctionPort? OfPort(ushort port) => port is >= FirstPort and < FirstPort + Count ? (FunctionPort)(port - FirstPort) : null;
}
