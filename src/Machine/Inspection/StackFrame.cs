namespace KvmActors.Machine.Inspection;

/// <summary>How a frame of a backtrace was found.</summary>
public enum FrameOrigin
{
    /// <summary>RIP.</summary>
    Rip,

    /// <summary>The word at RSP, as RIP was called but is no code.</summary>
    StackTop,

    /// <summary>The chain of frame pointers from RBP on.</summary>
    FramePointer,

    /// <summary>A word on the stack that is the address behind a call: one may be left over from a call that has returned.</summary>
    StackScan,
}

/// <summary>One frame of a backtrace.</summary>
/// <param name="Address">RIP, or the address that a call returns to.</param>
/// <param name="Origin">How it was found.</param>
public sealed record StackFrame(ulong Address, FrameOrigin Origin);
