namespace KvmActors.Interop.Kvm;

/// <summary>What KVM_CHECK_EXTENSION can be asked (<c>linux/kvm.h</c>, KVM_CAP_*).</summary>
public enum KvmCapability
{
    /// <summary>KVM_SET_USER_MEMORY_REGION.</summary>
    UserMemory = 3,

    /// <summary>KVM_SET_TSS_ADDR.</summary>
    SetTssAddress = 4,

    /// <summary>KVM_GET_SUPPORTED_CPUID and KVM_SET_CPUID2.</summary>
    ExtendedCpuid = 7,

    /// <summary>The recommended number of vCPUs of one VM.</summary>
    RecommendedVcpus = 9,

    /// <summary>The number of memory slots of one VM.</summary>
    MemorySlots = 10,

    /// <summary>Writes to memory addresses gathered in a ring; the value is the ring's page in a vCPU's mapping.</summary>
    CoalescedMmio = 15,

    /// <summary>KVM_SET_GUEST_DEBUG.</summary>
    SetGuestDebug = 23,

    /// <summary>KVM_X86_SETUP_MCE; the value is the number of machine-check banks a vCPU has unless told otherwise.</summary>
    MachineCheck = 31,

    /// <summary>KVM_IOEVENTFD.</summary>
    IoEventFd = 36,

    /// <summary>KVM_SET_IDENTITY_MAP_ADDR.</summary>
    SetIdentityMapAddress = 37,

    /// <summary>KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS.</summary>
    VcpuEvents = 41,

    /// <summary>KVM_GET_DEBUGREGS and KVM_SET_DEBUGREGS.</summary>
    DebugRegisters = 50,

    /// <summary>KVM_GET_XSAVE and KVM_SET_XSAVE.</summary>
    Xsave = 55,

    /// <summary>KVM_GET_XCRS and KVM_SET_XCRS.</summary>
    Xcrs = 56,

    /// <summary>The greatest number of vCPUs of one VM.</summary>
    MaxVcpus = 66,

    /// <summary>The register sets KVM can keep in the run page, as a bit mask.</summary>
    SyncRegisters = 74,

    /// <summary>KVM_MEM_READONLY.</summary>
    ReadOnlyMemory = 81,

    /// <summary><c>immediate_exit</c> in the run page.</summary>
    ImmediateExit = 136,

    /// <summary>Port writes gathered in the ring of <see cref="CoalescedMmio"/>.</summary>
    CoalescedPio = 162,

    /// <summary>KVM_X86_SET_MSR_FILTER.</summary>
    MsrFilter = 189,

    /// <summary>KVM's paravirtual registers and hypercalls are there only if CPUID offers them.</summary>
    EnforceParavirtualCpuid = 190,

    /// <summary>Bytes of a vCPU's extended state, for KVM_GET_XSAVE2; 0 where KVM_GET_XSAVE's 4096 are all.</summary>
    Xsave2 = 208,

    /// <summary>Performance counters can be taken away; the value is a mask of what can be asked for.</summary>
    PerformanceCounters = 212,

    /// <summary>What KVM does for the sake of old programs can be switched off; the value is a mask of what can.</summary>
    DisableQuirks = 213,

    /// <summary>Pending events tell of a triple fault that is still to come.</summary>
    TripleFaultEvent = 218,
}
