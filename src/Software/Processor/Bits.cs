namespace KvmActors.Software.Processor;

/// <summary>RFLAGS (Intel SDM vol. 1, section 3.4.3).</summary>
internal static class Rflags
{
    public const ulong Carry = 1 << 0, One = 1 << 1, Parity = 1 << 2, Adjust = 1 << 4, Zero = 1 << 6, Sign = 1 << 7, Trap = 1 << 8;
    public const ulong Interrupt = 1 << 9, Direction = 1 << 10, Overflow = 1 << 11, Iopl = 3 << 12, NestedTask = 1 << 14, Resume = 1 << 16;
    public const ulong Virtual8086 = 1 << 17, AlignmentCheck = 1 << 18, VirtualInterrupt = 1 << 19, VirtualPending = 1 << 20, Id = 1 << 21;

    /// <summary>What arithmetic sets.</summary>
    public const ulong Status = Carry | Parity | Adjust | Zero | Sign | Overflow;

    /// <summary>Those that exist.</summary>
    public const ulong All = Status | One | Trap | Interrupt | Direction | Iopl | NestedTask | Resume | Virtual8086 | AlignmentCheck
        | VirtualInterrupt | VirtualPending | Id;
}

/// <summary>CR0 (Intel SDM vol. 3A, section 2.5).</summary>
internal static class Cr0
{
    public const ulong ProtectionEnable = 1 << 0, MonitorCoprocessor = 1 << 1, Emulation = 1 << 2, TaskSwitched = 1 << 3, ExtensionType = 1 << 4;
    public const ulong NumericError = 1 << 5, WriteProtect = 1 << 16, AlignmentMask = 1 << 18, NotWriteThrough = 1 << 29, CacheDisable = 1 << 30;
    public const ulong Paging = 1UL << 31;

    /// <summary>Those that exist.</summary>
    public const ulong All = ProtectionEnable | MonitorCoprocessor | Emulation | TaskSwitched | ExtensionType | NumericError | WriteProtect
        | AlignmentMask | NotWriteThrough | CacheDisable | Paging;
}

/// <summary>CR4 (Intel SDM vol. 3A, section 2.5): the bits of what <see cref="Cpu"/> has.</summary>
internal static class Cr4
{
    public const ulong Vme = 1 << 0, VirtualInterrupts = 1 << 1, TimeStampDisable = 1 << 2, DebuggingExtensions = 1 << 3, PageSize = 1 << 4;
    public const ulong PhysicalAddressExtension = 1 << 5, MachineCheck = 1 << 6, GlobalPages = 1 << 7, PerformanceCounters = 1 << 8;
    public const ulong Fxsr = 1 << 9, XmmExceptions = 1 << 10, Umip = 1 << 11, FsGsBase = 1 << 16, ProcessContext = 1 << 17, Xsave = 1 << 18;
    public const ulong Smep = 1 << 20;

    /// <summary>Those that may be set.</summary>
    public const ulong Allowed = TimeStampDisable | DebuggingExtensions | PageSize | PhysicalAddressExtension | GlobalPages | PerformanceCounters
        | Fxsr | XmmExceptions | Umip | FsGsBase | Xsave | Smep;
}

/// <summary>IA32_EFER (Intel SDM vol. 3A, section 2.2.1).</summary>
internal static class Efer
{
    public const ulong Syscall = 1 << 0, LongModeEnable = 1 << 8, LongModeActive = 1 << 10, NoExecute = 1 << 11;

    /// <summary>Those that exist.</summary>
    public const ulong All = Syscall | LongModeEnable | LongModeActive | NoExecute;
}
