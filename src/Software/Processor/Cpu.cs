using System.Runtime.CompilerServices;
using Iced.Intel;

namespace KvmActors.Software.Processor;

/// <summary>
/// The state of one processor, and what all instructions do with it: operands, memory, faults. Used by one thread at a time.
/// </summary>
internal sealed partial class Cpu
{
    /// <summary>A register that is always 0: no base or no index.</summary>
    public const byte NoRegister = 16;

    private readonly GuestFault _fault = new();

    /// <summary>Makes a processor in its reset state.</summary>
    /// <param name="index">Its number in its machine.</param>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="ports">What becomes of port accesses inside the machine.</param>
    public Cpu(int index, PhysicalMemory memory, IPorts ports)
    {
        Index = index;
        Memory = memory;
        Ports = ports;
        _tlb = Tlb.Table(isUser: false);
        Reset();
    }

    /// <summary>Its number in its machine, which is its APIC identity too.</summary>
    public int Index { get; }

    /// <summary>What it came to and cannot execute.</summary>
    public UnknownInstructions Unknown { get; init; } = new();

    /// <summary>The general registers.</summary>
    public Registers Regs;

    /// <summary>The address of the next instruction, as an offset in CS. While a block executes: what follows the block.</summary>
    public ulong Rip;

    /// <summary>The segment registers, by <see cref="Seg"/>.</summary>
    public readonly SegmentRegister[] Segments = new SegmentRegister[8];

    /// <summary>The descriptor tables.</summary>
    public DescriptorTable Gdt, Idt;

    /// <summary>CR2: the address of the last page fault.</summary>
    public ulong Cr2;

    /// <summary>CR8: the task priority. Nothing depends on it.</summary>
    public ulong Cr8;

    /// <summary>The position in the block that executes.</summary>
    public int Position;

    /// <summary>Where in the block that executes to stop; set to 0 to stop after this instruction.</summary>
    public int Limit;

    /// <summary>Instructions executed before the block that executes.</summary>
    public ulong Retired;

    /// <summary>Instructions executed.</summary>
    public ulong Instructions => Retired + (ulong)Position;

    /// <summary>CR0.</summary>
    public ulong Control0 { get; private set; }

    /// <summary>CR3.</summary>
    public ulong Control3 { get; private set; }

    /// <summary>CR4.</summary>
    public ulong Control4 { get; private set; }

    /// <summary>IA32_EFER.</summary>
    public ulong ExtendedFeatures { get; private set; }

    /// <summary>The current privilege level.</summary>
    public int Cpl { get; private set; }

    /// <summary>Whether 64-bit code runs.</summary>
    public bool Is64Bit { get; private set; }

    /// <summary>Whether long mode is active: 64-bit or compatibility mode.</summary>
    public bool IsLongMode => (ExtendedFeatures & Efer.LongModeActive) != 0;

    /// <summary>Whether protected mode is on; virtual-8086 mode included.</summary>
    public bool IsProtected => (Control0 & Cr0.ProtectionEnable) != 0;

    /// <summary>Whether virtual-8086 mode is on.</summary>
    public bool IsVirtual8086 => (_flags & Rflags.Virtual8086) != 0;

    /// <summary>Whether segments work as in real mode.</summary>
    public bool HasRealSegments => !IsProtected || IsVirtual8086;

    /// <summary>Bytes of an address in the code that runs: 8, 4 or 2.</summary>
    public int CodeSize { get; private set; }

    /// <summary>Bits of 64 that the stack pointer does not use: 0, 32 or 48.</summary>
    public int StackShift { get; private set; }

    /// <summary>Tells decoded blocks of different modes apart.</summary>
    public int Mode { get; private set; }

    /// <summary>Whether addresses are translated by page tables.</summary>
    public bool HasPaging => (Control0 & Cr0.Paging) != 0;

    /// <summary>Goes back to the state after power-on (Intel SDM vol. 3A, table 11-1).</summary>
    public void Reset()
    {
        Regs = default;
        Regs[Gpr.Rdx] = 0x600;
        Rip = 0xFFF0;
        SetFlags(Rflags.One);
        for (var segment = Seg.Es; segment <= Seg.Gs; segment++)
        {
            Segments[(int)segment] = new SegmentRegister { Limit = 0xFFFF, Access = 0x93 };
        }

        Segments[(int)Seg.Cs] = new SegmentRegister { Selector = 0xF000, Base = 0xFFFF_0000, Limit = 0xFFFF, Access = 0x9B };
        Segments[(int)Seg.Ldt] = new SegmentRegister { Limit = 0xFFFF, Access = 0x82 };
        Segments[(int)Seg.Tr] = new SegmentRegister { Limit = 0xFFFF, Access = 0x8B };
        Gdt = Idt = new DescriptorTable { Limit = 0xFFFF };
        (Cr2, Cr8, Control3, Control4, ExtendedFeatures) = (0, 0, 0, 0, 0);
        Control0 = Cr0.ExtensionType | Cr0.NotWriteThrough | Cr0.CacheDisable;
        ResetDebugRegisters();
        ResetMsrs();
        ResetVectors();
        X87.Reset();
        Tlb.Flush();
        RefreshMode();
    }

    /// <summary>Works out again what depends on CR0, EFER, RFLAGS.VM and the segments.</summary>
    public void RefreshMode()
    {
        ref readonly var code = ref Segments[(int)Seg.Cs];
        ref readonly var stack = ref Segments[(int)Seg.Ss];
        Is64Bit = IsLongMode && code.IsLong;
        Cpl = !IsProtected ? 0 : IsVirtual8086 ? 3 : _cpl;
        CodeSize = Is64Bit ? 8 : code.IsBig ? 4 : 2;
        StackShift = Is64Bit ? 0 : stack.IsBig ? 32 : 48;
        foreach (ref var segment in Segments.AsSpan())
        {
            segment.Derive();
        }

        Mode = CodeSize | (Cpl == 3 ? 0x10 : 0);
        _tlb = HasDataBreakpoints || HasHostWatchpoints || (Cpl == 3 && ChecksAlignment) ? Tlb.Empty : Tlb.Table(Cpl == 3);
        StopBlock();
    }

    /// <summary>Sets the current privilege level; <see cref="RefreshMode"/> has to follow.</summary>
    public void SetCpl(int level) => _cpl = level;

    /// <summary>Ends the block after the instruction that executes.</summary>
    public void StopBlock() => Limit = 0;

    /// <summary>Raises an exception.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public GuestFault Fault(int vector, uint errorCode = 0)
    {
        _fault.Vector = vector;
        _fault.ErrorCode = errorCode;
        return _fault;
    }

    /// <summary>Raises #UD.</summary>
    public GuestFault InvalidOpcode() => Fault(Vector.InvalidOpcode);

    /// <summary>Raises #UD for an instruction that nothing executes.</summary>
    public GuestFault UnknownInstruction(Mnemonic mnemonic)
    {
        Unknown.Count(mnemonic);
        return InvalidOpcode();
    }

    /// <summary>Raises #GP.</summary>
    public GuestFault GeneralProtection(uint errorCode = 0) => Fault(Vector.GeneralProtection, errorCode);

    private int _cpl;
}

/// <summary>GDTR or IDTR.</summary>
internal struct DescriptorTable
{
    /// <summary>Where the table is, as a linear address.</summary>
    public ulong Base;

    /// <summary>The offset of its last byte.</summary>
    public ushort Limit;
}
