namespace KvmActors.Machine.Capabilities;

/// <summary>What one machine's KVM can do and another's cannot, so that it has to be tried. Names are part of <c>doctor --json</c>.</summary>
public enum KvmAbility
{
    /// <summary>Registers are read and written in the run page, without a system call.</summary>
    SyncRegisters,

    /// <summary>SSE instructions in ring 0.</summary>
    Ring0Sse,

    /// <summary>Software interrupts from ring 0.</summary>
    Ring0SoftwareInterrupts,

    /// <summary>Software interrupts from ring 3.</summary>
    Ring3SoftwareInterrupts,

    /// <summary><c>syscall</c> in ring 3 arrives in ring 0.</summary>
    SyscallToRing0,

    /// <summary>One exit carries several transfers of a string input instruction.</summary>
    StringIoBatching,

    /// <summary>Single-stepping in ring 0.</summary>
    Ring0SingleStep,

    /// <summary>Single-stepping in ring 0 goes on after instructions that KVM completes itself, such as port writes and CPUID.</summary>
    Ring0SingleStepAcrossExits,

    /// <summary>Single-stepping in ring 3.</summary>
    Ring3SingleStep,

    /// <summary>Breakpoint registers set by the host stop ring 3.</summary>
    Ring3Breakpoints,

    /// <summary>INT3 in ring 3 stops for the host.</summary>
    Ring3Int3,

    /// <summary>Port writes gathered in a ring, without an exit each.</summary>
    CoalescedPortIo,

    /// <summary>Port writes answered with an eventfd, without an exit.</summary>
    IoEventFd,

    /// <summary>KVM notes which pages the guest writes.</summary>
    DirtyLog,

    /// <summary>Stores to read-only memory exit.</summary>
    ReadOnlyMemory,

    /// <summary>After a triple fault the vCPU's registers still say where it happened.</summary>
    RegistersAfterShutdown,
}
