namespace KvmActors.Machine.Stepping;

/// <summary>What kind of instruction comes next, as far as stepping over it has to know.</summary>
internal enum InstructionKind
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>HLT.</summary>
    Halt,

    /// <summary>IRET: takes RFLAGS and CS from the stack.</summary>
    InterruptReturn,

    /// <summary>A far RET: takes CS from the stack.</summary>
    FarReturn,

    /// <summary>SYSRET or SYSEXIT: goes to ring 3.</summary>
    SystemReturn,

    /// <summary>SYSCALL: leaves RFLAGS in R11.</summary>
    SystemCall,

    /// <summary>PUSHF.</summary>
    PushFlags,

    /// <summary>POPF.</summary>
    PopFlags,

    /// <summary>A string instruction with a repeat prefix, which stops after each iteration.</summary>
    RepeatedString,
}
