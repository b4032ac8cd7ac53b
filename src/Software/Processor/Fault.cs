namespace KvmActors.Software.Processor;

/// <summary>Exception vectors (Intel SDM vol. 3A, table 6-1).</summary>
internal static class Vector
{
    public const int DivideError = 0, Debug = 1, Nmi = 2, Breakpoint = 3, Overflow = 4, Bound = 5, InvalidOpcode = 6, DeviceNotAvailable = 7;
    public const int DoubleFault = 8, InvalidTss = 10, SegmentNotPresent = 11, StackFault = 12, GeneralProtection = 13, PageFault = 14;
    public const int FloatingPoint = 16, AlignmentCheck = 17, MachineCheck = 18, SimdFloatingPoint = 19;

    /// <summary>Whether an exception pushes an error code.</summary>
    public static bool HasErrorCode(int vector) => vector is DoubleFault or (>= InvalidTss and <= PageFault) or AlignmentCheck;

    /// <summary>Whether two of these in a row make a double fault (Intel SDM vol. 3A, table 6-4).</summary>
    public static bool IsContributory(int vector) => vector is DivideError or (>= InvalidTss and <= GeneralProtection);
}

/// <summary>
/// Ends an instruction in its middle, with nothing of it done: a fault of the guest's, or something that the host has to answer first.
/// One object for each processor, thrown again and again.
/// </summary>
internal sealed class GuestFault : Exception
{
    /// <summary>The exception's vector; negative where the host has to do something.</summary>
    public int Vector { get; set; }

    /// <summary>The error code, where the exception has one.</summary>
    public uint ErrorCode { get; set; }
}
