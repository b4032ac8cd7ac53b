namespace KvmActors.Interop.Kvm.Native;

/// <summary>Request numbers and flags of <c>linux/kvm.h</c> on x86-64, each checked against the header by a test.</summary>
internal static class KvmApi
{
    public const int KVM_API_VERSION = 12;

    public const uint KVM_GET_API_VERSION = 0xAE00;
    public const uint KVM_CREATE_VM = 0xAE01;
    public const uint KVM_CHECK_EXTENSION = 0xAE03;
    public const uint KVM_GET_VCPU_MMAP_SIZE = 0xAE04;
    public const uint KVM_GET_SUPPORTED_CPUID = 0xC008AE05;
    public const uint KVM_GET_MSR_INDEX_LIST = 0xC004AE02;

    public const uint KVM_CREATE_VCPU = 0xAE41;
    public const uint KVM_SET_USER_MEMORY_REGION = 0x4020AE46;
    public const uint KVM_SET_TSS_ADDR = 0xAE47;
    public const uint KVM_SET_IDENTITY_MAP_ADDR = 0x4008AE48;

    public const uint KVM_ENABLE_CAP = 0x4068AEA3;
    public const uint KVM_X86_SET_MSR_FILTER = 0x4188AEC6;

    public const uint KVM_GET_DIRTY_LOG = 0x4010AE42;

    public const uint KVM_REGISTER_COALESCED_MMIO = 0x4010AE67;
    public const uint KVM_IOEVENTFD = 0x4040AE79;

    public const uint KVM_RUN = 0xAE80;
    public const uint KVM_GET_REGS = 0x8090AE81;
    public const uint KVM_SET_REGS = 0x4090AE82;
    public const uint KVM_GET_SREGS = 0x8138AE83;
    public const uint KVM_SET_SREGS = 0x4138AE84;
    public const uint KVM_SET_CPUID2 = 0x4008AE90;

    public const uint KVM_SET_GUEST_DEBUG = 0x4048AE9B;

    public const uint KVM_X86_SETUP_MCE = 0x4008AE9C;
    public const uint KVM_GET_MSRS = 0xC008AE88;
    public const uint KVM_SET_MSRS = 0x4008AE89;
    public const uint KVM_GET_TSC_KHZ = 0xAEA3;
    public const uint KVM_SET_DEVICE_ATTR = 0x4018AEE1;
    public const uint KVM_GET_DEVICE_ATTR = 0x4018AEE2;

    public const uint KVM_VCPU_TSC_CTRL = 0;
    public const ulong KVM_VCPU_TSC_OFFSET = 0;
    public const uint KVM_GET_VCPU_EVENTS = 0x8040AE9F;
    public const uint KVM_SET_VCPU_EVENTS = 0x4040AEA0;
    public const uint KVM_GET_DEBUGREGS = 0x8080AEA1;
    public const uint KVM_SET_DEBUGREGS = 0x4080AEA2;
    public const uint KVM_GET_XSAVE = 0x9000AEA4;
    public const uint KVM_SET_XSAVE = 0x5000AEA5;
    public const uint KVM_GET_XCRS = 0x8188AEA6;
    public const uint KVM_SET_XCRS = 0x4188AEA7;
    public const uint KVM_GET_XSAVE2 = 0x9000AECF;

    public const uint KVM_MSR_FILTER_DEFAULT_DENY = 1;
    public const uint KVM_MSR_FILTER_READ = 1;
    public const uint KVM_MSR_FILTER_WRITE = 2;
    public const uint KVM_PMU_CAP_DISABLE = 1;
    public const uint KVM_X86_QUIRK_FIX_HYPERCALL_INSN = 32;

    public const uint KVM_MEM_LOG_DIRTY_PAGES = 1;
    public const uint KVM_MEM_READONLY = 2;

    public const ulong KVM_SYNC_X86_REGS = 1;
    public const ulong KVM_SYNC_X86_SREGS = 2;
    public const ulong KVM_SYNC_X86_EVENTS = 4;

    public const uint KVM_GUESTDBG_ENABLE = 1;
    public const uint KVM_GUESTDBG_SINGLESTEP = 2;
    public const uint KVM_GUESTDBG_USE_SW_BP = 0x10000;
    public const uint KVM_GUESTDBG_USE_HW_BP = 0x20000;

    public const uint KVM_IOEVENTFD_FLAG_PIO = 2;

    public const byte KVM_EXIT_IO_IN = 0;
    public const byte KVM_EXIT_IO_OUT = 1;
}
