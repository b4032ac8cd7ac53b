namespace KvmActors.Software.Processor;

/// <summary>Control registers, and what their bits switch (Intel SDM vol. 3A, sections 2.5 and 11.8).</summary>
internal sealed partial class Cpu
{
    /// <summary>Whether accesses of ring 3 have to be aligned.</summary>
    public bool ChecksAlignment => (Control0 & Cr0.AlignmentMask) != 0 && (_flags & Rflags.AlignmentCheck) != 0;

    /// <summary>MOV to CR0, and LMSW.</summary>
    public void WriteControl0(ulong value)
    {
        if (value >> 32 != 0
            || ((value & Cr0.Paging) != 0 && (value & Cr0.ProtectionEnable) == 0)
            || ((value & Cr0.NotWriteThrough) != 0 && (value & Cr0.CacheDisable) == 0))
        {
            throw GeneralProtection();
        }

        value = (value & Cr0.All) | Cr0.ExtensionType;
        var hadPaging = HasPaging;
        var getsPaging = (value & Cr0.Paging) != 0;
        if (getsPaging && !hadPaging && (ExtendedFeatures & Efer.LongModeEnable) != 0)
        {
            if ((Control4 & Cr4.PhysicalAddressExtension) == 0 || Segments[(int)Seg.Cs].IsLong)
            {
                throw GeneralProtection();
            }

            ExtendedFeatures |= Efer.LongModeActive;
        }
        else if (hadPaging && !getsPaging)
        {
            if (Is64Bit)
            {
                throw GeneralProtection();
            }

            ExtendedFeatures &= ~Efer.LongModeActive;
        }

        var enters = (value & ~Control0 & Cr0.ProtectionEnable) != 0;
        Control0 = value;
        if (enters)
        {
            SetCpl(0);
        }

        Tlb.Flush();
        RefreshMode();
    }

    /// <summary>MOV to CR3.</summary>
    public void WriteControl3(ulong value)
    {
        if (IsLongMode && (value & ReservedAddress) != 0)
        {
            throw GeneralProtection();
        }

        Control3 = IsLongMode ? value : (uint)value;
        HasSerialized = true;
        Tlb.Flush();
        StopBlock();
    }

    /// <summary>MOV to CR4.</summary>
    public void WriteControl4(ulong value)
    {
        var losesWidth = (value & Cr4.PhysicalAddressExtension) == 0 && IsLongMode;
        if ((value & ~Cr4.Allowed) != 0 || losesWidth)
        {
            throw GeneralProtection();
        }

        Control4 = value;
        Tlb.Flush();
        RefreshMode();
    }

    /// <summary>WRMSR to IA32_EFER.</summary>
    public void WriteExtendedFeatures(ulong value)
    {
        if ((value & ~Efer.All) != 0 || (HasPaging && ((value ^ ExtendedFeatures) & Efer.LongModeEnable) != 0))
        {
            throw GeneralProtection();
        }

        ExtendedFeatures = (value & ~Efer.LongModeActive) | (ExtendedFeatures & Efer.LongModeActive);
        Tlb.Flush();
        RefreshMode();
    }

    /// <summary>CLTS.</summary>
    public void ClearTaskSwitched() => Control0 &= ~Cr0.TaskSwitched;

    /// <summary>Sets what the host says, unchecked but for what would make no sense here.</summary>
    public void SetControl(ulong cr0, ulong cr3, ulong cr4, ulong efer)
    {
        Control0 = (cr0 & Cr0.All) | Cr0.ExtensionType;
        Control3 = cr3;
        Control4 = cr4 & Cr4.Allowed;
        ExtendedFeatures = efer & Efer.All;
        Tlb.Flush();
    }
}
