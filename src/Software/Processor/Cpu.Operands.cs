using System.Runtime.CompilerServices;

namespace KvmActors.Software.Processor;

/// <summary>Operands of integer instructions. Values are zero-extended to 64 bits.</summary>
internal sealed partial class Cpu
{
    /// <summary>The address of the memory operand, as an offset in its segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OffsetOf(in Op op)
    {
        var offset = Regs[op.Base & 31] + (Regs[op.Index & 31] << op.Scale) + op.Displacement;
        return offset << op.AddressShift >> op.AddressShift;
    }

    /// <summary>The linear address of the memory operand; #GP(0) or #SS(0) where its segment does not allow the access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong LinearOf(in Op op, int size, bool forWrite)
    {
        var offset = OffsetOf(op);
        return (op.Flags & OpFlags.Segmented) == OpFlags.None ? offset : Linear(op.Segment, offset, size, forWrite);
    }

    /// <summary>Reads the memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(in Op op)
        where T : unmanaged => Read<T>(LinearOf(op, Unsafe.SizeOf<T>(), forWrite: false), op.Segment);

    /// <summary>Writes the memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(in Op op, T value)
        where T : unmanaged => Write(LinearOf(op, Unsafe.SizeOf<T>(), forWrite: true), op.Segment, value);

    /// <summary>Reads an operand of so many bytes: 1, 2, 4 or 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(in Op op, Operand operand, int size)
    {
        switch (operand.Kind)
        {
            case OperandKind.Register:
                return Truncate(Regs[operand.Index & 31], size);
            case OperandKind.Immediate:
                return Truncate(op.Immediate, size);
            case OperandKind.Memory:
                return Read(LinearOf(op, size, forWrite: false), op.Segment, size);
            default:
                return (byte)(Regs[operand.Index & 31] >> 8);
        }
    }

    /// <summary>Reads operand A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong GetA(in Op op) => Get(op, op.A, op.Size);

    /// <summary>Reads operand B, of its own size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong GetB(in Op op) => Get(op, op.B, op.SizeB);

    /// <summary>Writes an operand of so many bytes. A 32-bit write clears the upper half of the register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(in Op op, Operand operand, int size, ulong value)
    {
        switch (operand.Kind)
        {
            case OperandKind.Register:
                SetRegister(operand.Index, size, value);
                break;
            case OperandKind.Memory:
                Write(LinearOf(op, size, forWrite: true), op.Segment, size, value);
                break;
            default:
                ref var register = ref Regs[operand.Index & 31];
                register = (register & ~0xFF00UL) | ((value & 0xFF) << 8);
                break;
        }
    }

    /// <summary>Writes operand A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetA(in Op op, ulong value) => Set(op, op.A, op.Size, value);

    /// <summary>Writes so many bytes of a register. Four clear the upper half, one or two keep what is above them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetRegister(int index, int size, ulong value)
    {
        ref var register = ref Regs[index & 31];
        register = size switch
        {
            8 => value,
            4 => (uint)value,
            2 => (register & ~0xFFFFUL) | (ushort)value,
            _ => (register & ~0xFFUL) | (byte)value,
        };
    }

    /// <summary>Reads operand A, which is going to be written: memory has to be writable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong GetToChange(in Op op) => op.A.IsMemory
        ? ReadToChange(LinearOf(op, op.Size, forWrite: true), op.Segment, op.Size)
        : Get(op, op.A, op.Size);

    /// <summary>Writes operand A, which <see cref="GetToChange"/> read.</summary>
    /// <returns>False when it is to be atomic and another processor was faster: read and compute again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryChange(in Op op, ulong old, ulong value)
    {
        if (op.Has(OpFlags.Lock) && op.A.IsMemory)
        {
            return TryExchange(LinearOf(op, op.Size, forWrite: true), op.Segment, op.Size, old, value);
        }

        SetA(op, value);
        return true;
    }

    /// <summary>Cuts a value to so many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Truncate(ulong value, int size) => size switch
    {
        8 => value,
        4 => (uint)value,
        2 => (ushort)value,
        _ => (byte)value,
    };

    /// <summary>Sign-extends a value of so many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend(ulong value, int size) => size switch
    {
        8 => value,
        4 => (ulong)(int)value,
        2 => (ulong)(short)value,
        _ => (ulong)(sbyte)value,
    };

    /// <summary>Goes on elsewhere: an offset in CS, as wide as the instruction's operand says. #GP(0) where it is not in the code.</summary>
    public void Jump(ulong target) => Rip = CheckTarget(target);

    /// <summary>Checks where a near branch goes.</summary>
    public ulong CheckTarget(ulong target)
    {
        var isAllowed = Is64Bit ? IsCanonical(target) : target <= Segments[(int)Seg.Cs].Limit;
        return isAllowed ? target : throw GeneralProtection();
    }
}
