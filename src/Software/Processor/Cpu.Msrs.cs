using System.Diagnostics;

namespace KvmActors.Software.Processor;

/// <summary>The model-specific registers (Intel SDM vol. 4; AMD APM vol. 2, appendix A).</summary>
internal sealed partial class Cpu
{
    private const uint TimeStampCounter = 0x10, ApicBase = 0x1B, TscAdjust = 0x3B, SysenterCode = 0x174, SysenterStack = 0x175, SysenterTarget = 0x176;
    private const uint MiscEnable = 0x1A0, PageAttributes = 0x277, ExtendedFeatureEnable = 0xC000_0080, Star = 0xC000_0081, Lstar = 0xC000_0082;
    private const uint Cstar = 0xC000_0083, SyscallMask = 0xC000_0084, FsBase = 0xC000_0100, GsBase = 0xC000_0101, KernelGsBase = 0xC000_0102;
    private const uint TscAux = 0xC000_0103, MicrocodeRevision = 0x8B, PatchLevel = 0xC001_0015;
    private const uint FirstEventSelect = 0xC001_0000, LastEventCounter = 0xC001_0007;

    // All but the base, that this is the first processor, and that its APIC is on; x2APIC, bit 10, there is none.
    private const ulong ReservedApicBase = ~((1UL << PhysicalBits) - 1) | 0x6FF;

    /// <summary>What SYSCALL and SYSRET load segments from.</summary>
    public ulong SyscallSegments;

    /// <summary>Where SYSCALL goes from 64-bit mode, and from compatibility mode.</summary>
    public ulong SyscallTarget64, SyscallTarget32;

    /// <summary>The flags that SYSCALL clears.</summary>
    public ulong SyscallClears;

    /// <summary>What SWAPGS swaps with.</summary>
    public ulong KernelGs;

    /// <summary>IA32_TSC_AUX.</summary>
    public ulong TscAuxiliary;

    /// <summary>What SYSENTER loads.</summary>
    public ulong SysenterCs, SysenterRsp, SysenterRip;

    /// <summary>IA32_PAT, which changes nothing.</summary>
    public ulong Pat;

    /// <summary>IA32_APIC_BASE; there is no APIC behind it.</summary>
    public ulong Apic;

    /// <summary>What IA32_TIME_STAMP_COUNTER is more than the time that passes by itself.</summary>
    public ulong TscOffset;

    /// <summary>Whether the time stamp counts the host's nanoseconds; instructions otherwise.</summary>
    public bool HasHostTime { get; init; }

    /// <summary>IA32_TSC_ADJUST.</summary>
    public ulong TscAdjustment;

    /// <summary>The time stamp: a tick for each nanosecond, or for each instruction, which takes one.</summary>
    public ulong TimeStamp => Ticks + TscOffset;

    private ulong Ticks => HasHostTime ? (ulong)Stopwatch.GetElapsedTime(0).Ticks * 100 : Instructions;

    /// <summary>RDMSR.</summary>
    /// <returns>False when there is no such register.</returns>
    public bool TryReadMsr(uint index, out ulong value)
    {
        (var exists, value) = index switch
        {
            TimeStampCounter => (true, TimeStamp),
            ApicBase => (true, Apic),
            TscAdjust => (true, TscAdjustment),
            SysenterCode => (true, SysenterCs),
            SysenterStack => (true, SysenterRsp),
            SysenterTarget => (true, SysenterRip),
            MiscEnable => (true, 1UL),
            PageAttributes => (true, Pat),
            ExtendedFeatureEnable => (true, ExtendedFeatures),
            Star => (true, SyscallSegments),
            Lstar => (true, SyscallTarget64),
            Cstar => (true, SyscallTarget32),
            SyscallMask => (true, SyscallClears),
            FsBase => (true, Segments[(int)Seg.Fs].Base),
            GsBase => (true, Segments[(int)Seg.Gs].Base),
            KernelGsBase => (true, KernelGs),
            TscAux => (true, TscAuxiliary),
            MicrocodeRevision or PatchLevel => (true, 0UL),

            // The four performance counters that each of AMD's processors has, whatever CPUID says. They count nothing.
            >= FirstEventSelect and <= LastEventCounter => (true, 0UL),
            _ => (false, 0UL),
        };
        return exists;
    }

    /// <summary>WRMSR.</summary>
    /// <returns>False when there is no such register, or it does not take the value.</returns>
    public bool TryWriteMsr(uint index, ulong value)
    {
        var isCanonical = IsCanonical(value);
        switch (index)
        {
            case TimeStampCounter:
                TscAdjustment += value - TimeStamp;
                TscOffset = value - Ticks;
                return true;
            case ApicBase when (value & ReservedApicBase) == 0:
                Apic = value;
                return true;
            case TscAdjust:
                TscOffset += value - TscAdjustment;
                TscAdjustment = value;
                return true;
            case SysenterCode:
                SysenterCs = value;
                return true;
            case SysenterStack when isCanonical:
                SysenterRsp = value;
                return true;
            case SysenterTarget when isCanonical:
                SysenterRip = value;
                return true;
            case PageAttributes when AreMemoryTypes(value):
                Pat = value;
                return true;
            case ExtendedFeatureEnable:
                WriteExtendedFeatures(value);
                return true;
            case Star:
                SyscallSegments = value;
                return true;
            case Lstar when isCanonical:
                SyscallTarget64 = value;
                return true;
            case Cstar when isCanonical:
                SyscallTarget32 = value;
                return true;
            case SyscallMask when value >> 32 == 0:
                SyscallClears = value;
                return true;
            case FsBase when isCanonical:
                Segments[(int)Seg.Fs].Base = value;
                return true;
            case GsBase when isCanonical:
                Segments[(int)Seg.Gs].Base = value;
                return true;
            case KernelGsBase when isCanonical:
                KernelGs = value;
                return true;
            case TscAux when value >> 32 == 0:
                TscAuxiliary = value;
                return true;
            case MicrocodeRevision or (>= FirstEventSelect and <= LastEventCounter):
                return true;
            default:
                return false;
        }
    }

    private static bool AreMemoryTypes(ulong value)
    {
        for (var entry = 0; entry < 8; entry++)
        {
            if ((byte)(value >> (8 * entry)) is not (0 or 1 or 4 or 5 or 6 or 7))
            {
                return false;
            }
        }

        return true;
    }

    private void ResetMsrs()
    {
        (SyscallSegments, SyscallTarget64, SyscallTarget32, SyscallClears, KernelGs) = (0, 0, 0, 0, 0);
        (TscAuxiliary, SysenterCs, SysenterRsp, SysenterRip) = (0, 0, 0, 0);
        Pat = 0x0007_0406_0007_0406;
        Apic = 0xFEE0_0800 | (Index == 0 ? 0x100UL : 0);
        (TscOffset, TscAdjustment) = (0, 0);
    }
}
