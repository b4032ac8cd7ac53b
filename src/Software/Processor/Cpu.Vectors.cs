using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvmActors.Software.Processor;

/// <summary>The SSE registers, and access to their operands in memory.</summary>
internal sealed partial class Cpu
{
    /// <summary>MXCSR after power-on: all exceptions masked.</summary>
    public const uint InitialMxcsr = 0x1F80;

    /// <summary>The bits of MXCSR that may be set.</summary>
    public const uint MxcsrMask = 0xFFFF;

    /// <summary>What of MMX, SSE and their kin is executed, as leaf 01H of CPUID has it.</summary>
    public (uint Ecx, uint Edx) VectorFeatures { get; init; }

    /// <summary>XMM0 to XMM15.</summary>
    public readonly Vector128<byte>[] Xmm = new Vector128<byte>[16];

    /// <summary>Rounding, exception masks and exception flags of SSE.</summary>
    public uint Mxcsr;

    /// <summary>XCR0: which of them XSAVE saves.</summary>
    public ulong ExtendedControl;

    /// <summary>The x87 registers, which are the MMX registers too.</summary>
    public X87State X87 { get; } = new();

    /// <summary>Call first in every SSE instruction: #UD or #NM where the system does not want them (Intel SDM vol. 3A, section 14.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CheckSse()
    {
        if ((Control0 & (Cr0.Emulation | Cr0.TaskSwitched)) != 0 || (Control4 & Cr4.Fxsr) == 0)
        {
            throw RefuseSse();
        }
    }

    /// <summary>Call first in every MMX instruction: #UD or #NM, or a pending x87 exception.</summary>
    public void CheckMmx()
    {
        if ((Control0 & Cr0.Emulation) != 0)
        {
            throw InvalidOpcode();
        }

        CheckX87(waits: true);
    }

    /// <summary>Call first in every x87 instruction: #NM, or a pending exception, which instructions that do not wait ignore.</summary>
    /// <param name="waits">Whether it looks for pending exceptions.</param>
    public void CheckX87(bool waits)
    {
        if ((Control0 & (Cr0.Emulation | Cr0.TaskSwitched)) != 0)
        {
            throw Fault(Vector.DeviceNotAvailable);
        }

        // CR0.NE clear would tell an interrupt controller, of which there is none: reported as #MF all the same.
        if (waits && X87.HasPendingException)
        {
            throw Fault(Vector.FloatingPoint);
        }
    }

    /// <summary>Raises #XM for unmasked exceptions of SSE, or #UD where the system does not know of it.</summary>
    public GuestFault SimdException() =>
        Fault((Control4 & Cr4.XmmExceptions) != 0 ? Vector.SimdFloatingPoint : Vector.InvalidOpcode);

    /// <summary>Reads an XMM register or 16 bytes of memory; #GP(0) for memory that is not aligned to 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<byte> ReadXmm(in Op op, Operand operand) =>
        operand.Kind == OperandKind.Xmm ? Xmm[operand.Index] : LoadAligned(op);

    /// <summary>Reads an XMM register or 16 bytes of memory, however aligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<byte> ReadXmmUnaligned(in Op op, Operand operand) =>
        operand.Kind == OperandKind.Xmm ? Xmm[operand.Index] : Load<Vector128<byte>>(op);

    /// <summary>Reads the low bytes of an XMM register, or a value from memory: the scalar forms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T ReadXmmLow<T>(in Op op, Operand operand)
        where T : unmanaged =>
        operand.Kind == OperandKind.Xmm ? Xmm[operand.Index].As<byte, T>().ToScalar() : Load<T>(op);

    /// <summary>Reads an MMX register or 8 bytes of memory.</summary>
    public ulong ReadMmx(in Op op, Operand operand) =>
        operand.Kind == OperandKind.Mmx ? X87.Significands[operand.Index] : Load<ulong>(op);

    /// <summary>Writes an MMX register.</summary>
    public void WriteMmx(int index, ulong value)
    {
        X87.Significands[index] = value;
        X87.SignExponents[index] = 0xFFFF;
    }

    /// <summary>What every MMX instruction but EMMS does to the x87 state: top of the stack 0, all registers in use.</summary>
    public void EnterMmx()
    {
        X87.Top = 0;
        X87.EmptyMask = 0;
    }

    /// <summary>Reads the memory operand; #GP(0) where it is not aligned to 16.</summary>
    public Vector128<byte> LoadAligned(in Op op)
    {
        CheckAligned(op);
        return Load<Vector128<byte>>(op);
    }

    /// <summary>Writes the memory operand; #GP(0) where it is not aligned to 16.</summary>
    public void StoreAligned(in Op op, Vector128<byte> value)
    {
        CheckAligned(op);
        Store(op, value);
    }

    private void CheckAligned(in Op op)
    {
        if ((LinearOf(op, 16, forWrite: false) & 15) != 0)
        {
            throw GeneralProtection();
        }
    }

    private GuestFault RefuseSse() =>
        (Control0 & Cr0.Emulation) != 0 || (Control4 & Cr4.Fxsr) == 0 ? InvalidOpcode() : Fault(Vector.DeviceNotAvailable);

    private void ResetVectors()
    {
        Array.Clear(Xmm);
        Mxcsr = InitialMxcsr;
        ExtendedControl = 1;
    }
}
