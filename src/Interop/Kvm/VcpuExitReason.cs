namespace KvmActors.Interop.Kvm;

/// <summary>Why KVM_RUN returned (<c>linux/kvm.h</c>, KVM_EXIT_*); numbers not listed here can occur too.</summary>
public enum VcpuExitReason
{
    /// <summary>The hardware's reason is unknown to KVM.</summary>
    Unknown = 0,

    /// <summary>An exception KVM did not handle.</summary>
    Exception = 1,

    /// <summary>A port instruction.</summary>
    Io = 2,

    /// <summary>A hypercall instruction.</summary>
    Hypercall = 3,

    /// <summary>A breakpoint or a single step.</summary>
    Debug = 4,

    /// <summary>HLT.</summary>
    Hlt = 5,

    /// <summary>An access to an address no memory slot backs.</summary>
    Mmio = 6,

    /// <summary>Interrupts can be injected now.</summary>
    IrqWindowOpen = 7,

    /// <summary>A triple fault.</summary>
    Shutdown = 8,

    /// <summary>The processor refused to enter the guest.</summary>
    FailEntry = 9,

    /// <summary>A signal or a kick.</summary>
    Intr = 10,

    /// <summary>The task priority was set.</summary>
    SetTpr = 11,

    /// <summary>The task priority was accessed.</summary>
    TprAccess = 12,

    /// <summary>A non-maskable interrupt.</summary>
    Nmi = 16,

    /// <summary>KVM gave up, mostly because it cannot emulate an instruction.</summary>
    InternalError = 17,

    /// <summary>The guest asked for shutdown or reset, or crashed.</summary>
    SystemEvent = 24,

    /// <summary>RDMSR that KVM leaves to us.</summary>
    Rdmsr = 29,

    /// <summary>WRMSR that KVM leaves to us.</summary>
    Wrmsr = 30,

    /// <summary>The dirty ring is full.</summary>
    DirtyRingFull = 31,

    /// <summary>A split lock.</summary>
    BusLock = 33,

    /// <summary>No exit window opened for too long.</summary>
    Notify = 37,
}
