using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Doctor;

/// <summary>Each ability in words, and what to do where KVM does not have it.</summary>
internal static class AbilityAdvice
{
    /// <summary>What the ability is, in a few words.</summary>
    public static string NameOf(KvmAbility ability) => ability switch
    {
        KvmAbility.SyncRegisters => "registers in the run page",
        KvmAbility.Ring0Sse => "SSE in ring 0",
        KvmAbility.Ring0SoftwareInterrupts => "`int n` in ring 0",
        KvmAbility.Ring3SoftwareInterrupts => "`int n` in ring 3",
        KvmAbility.SyscallToRing0 => "`syscall` arrives in ring 0",
        KvmAbility.StringIoBatching => "string input in one exit",
        KvmAbility.Ring0SingleStep => "single step in ring 0",
        KvmAbility.Ring0SingleStepAcrossExits => "single step across exits",
        KvmAbility.Ring3SingleStep => "single step in ring 3",
        KvmAbility.Ring3Breakpoints => "breakpoints in ring 3",
        KvmAbility.Ring3Int3 => "INT3 in ring 3 stops for the host",
        KvmAbility.CoalescedPortIo => "coalesced port writes",
        KvmAbility.IoEventFd => "doorbells (ioeventfd)",
        KvmAbility.DirtyLog => "dirty page log",
        KvmAbility.ReadOnlyMemory => "read-only memory",
        KvmAbility.RegistersAfterShutdown => "registers after a triple fault",
        _ => ability.ToString(),
    };

    /// <summary>What cannot be run, or shown, without it; null where everything can, if more slowly or in another way.</summary>
    public static string? ExcludedBy(KvmAbility ability) => ability switch
    {
        KvmAbility.Ring0Sse => "guest kernels that use SSE",
        KvmAbility.Ring0SoftwareInterrupts => "guest kernels that use `int n`",
        KvmAbility.Ring3SoftwareInterrupts => "programs that use `int 0x80`",
        KvmAbility.Ring0SingleStep => "--step in ring 0",
        KvmAbility.Ring3SingleStep => "--step in ring 3",
        KvmAbility.Ring3Breakpoints => "breakpoint registers in ring 3",
        KvmAbility.IoEventFd => "scenarios with a doorbell",
        KvmAbility.DirtyLog => "telling which pages were written",
        KvmAbility.ReadOnlyMemory => "scenarios with read-only regions",
        KvmAbility.RegistersAfterShutdown => "telling where a triple fault happened",
        _ => null,
    };

    /// <summary>What its absence means to whoever uses this program.</summary>
    public static string WithoutIt(KvmAbility ability) => ability switch
    {
        KvmAbility.SyncRegisters => "system calls that go to the host cost one or two ioctls more",
        KvmAbility.Ring0Sse => "build code for ring 0 with -mgeneral-regs-only; ring 3 is not concerned",
        KvmAbility.Ring0SoftwareInterrupts => "do not use `int n` or `int3` in guest kernels",
        KvmAbility.Ring3SoftwareInterrupts => "programs must use `syscall`; `int 0x80` does not reach its gate",
        KvmAbility.SyscallToRing0 => "guest kernels must take #PF at LSTAR from ring 3 for a system call, as guest/kernel does",
        KvmAbility.StringIoBatching => "`rep ins` exits once for each item: have the host write to memory instead",
        KvmAbility.Ring0SingleStep => "--step cannot be used",
        KvmAbility.Ring0SingleStepAcrossExits => "--step may leave out instructions behind those that KVM completes itself",
        KvmAbility.Ring3SingleStep => "--step leaves out what runs in ring 3",
        KvmAbility.Ring3Breakpoints => "debug registers cannot be used on programs in ring 3",
        KvmAbility.Ring3Int3 => "INT3 in ring 3 goes to the guest's own handler",
        KvmAbility.CoalescedPortIo => "a console with \"Coalesced\" exits for each byte like any other",
        KvmAbility.IoEventFd => "scenarios with a doorbell cannot run",
        KvmAbility.DirtyLog => "written pages cannot be told",
        KvmAbility.ReadOnlyMemory => "scenarios with read-only regions cannot run",
        KvmAbility.RegistersAfterShutdown => "crash reports of triple faults cannot say where; use --step",
        _ => "",
    };
}
