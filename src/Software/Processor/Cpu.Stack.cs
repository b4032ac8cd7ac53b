using System.Runtime.CompilerServices;

namespace KvmActors.Software.Processor;

/// <summary>The stack.</summary>
internal sealed partial class Cpu
{
    /// <summary>The stack pointer, as wide as the stack segment has it.</summary>
    public ulong StackPointer => Regs[Gpr.Rsp] << StackShift >> StackShift;

    /// <summary>Sets the stack pointer; what is beyond its width stays, or becomes 0 for 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetStackPointer(ulong value)
    {
        ref var pointer = ref Regs[Gpr.Rsp];
        pointer = StackShift switch
        {
            0 => value,
            32 => (uint)value,
            _ => (pointer & ~0xFFFFUL) | (ushort)value,
        };
    }

    /// <summary>The linear address of something in the stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong StackAddress(ulong pointer, int size, bool forWrite)
    {
        pointer = pointer << StackShift >> StackShift;
        return Is64Bit ? pointer : Linear(Seg.Ss, pointer, size, forWrite);
    }

    /// <summary>Pushes 2, 4 or 8 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Push(int size, ulong value)
    {
        var pointer = Regs[Gpr.Rsp] - (ulong)size;
        Write(StackAddress(pointer, size, forWrite: true), Seg.Ss, size, value);
        SetStackPointer(pointer);
    }

    /// <summary>Reads what is so many bytes above the top of the stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Peek(int size, ulong above = 0) =>
        Read(StackAddress(Regs[Gpr.Rsp] + above, size, forWrite: false), Seg.Ss, size);

    /// <summary>Takes so many bytes from the stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Drop(ulong bytes) => SetStackPointer(Regs[Gpr.Rsp] + bytes);

    /// <summary>Pushes onto a stack that may be another one, with nothing changed but memory.</summary>
    private ref struct Frame
    {
        private readonly Cpu _cpu;
        private readonly SegmentRegister _segment;
        private readonly int _shift;
        private readonly int _level;
        private readonly uint _isExternal;

        public Frame(Cpu cpu, in SegmentRegister segment, ulong pointer, int level, uint isExternal = 0)
        {
            _cpu = cpu;
            _segment = segment;
            _segment.Derive();
            Pointer = pointer;
            // The frame of an interrupt in long mode is 64-bit, whatever it interrupts.
            _shift = cpu.Is64Bit || cpu._pushesLong ? 0 : segment.IsBig ? 32 : 48;
            _level = level;
            _isExternal = isExternal;
        }

        public ulong Pointer { get; private set; }

        public void Push(int size, ulong value)
        {
            var pointer = (Pointer - (ulong)size) << _shift >> _shift;
            var linear = pointer;
            if (_shift != 0)
            {
                if (pointer + (ulong)size > _segment.WriteEnd)
                {
                    CheckExpandDown(pointer, size);
                }

                linear = (uint)(_segment.Base + pointer);
            }

            var isUser = _level == 3;
            switch (size)
            {
                case 8:
                    _cpu.WriteSlowly(linear, Seg.Ss, value, isUser);
                    break;
                case 4:
                    _cpu.WriteSlowly(linear, Seg.Ss, (uint)value, isUser);
                    break;
                default:
                    _cpu.WriteSlowly(linear, Seg.Ss, (ushort)value, isUser);
                    break;
            }

            // A 16-bit stack keeps what is above its pointer.
            Pointer = _shift == 48 ? (Pointer & ~0xFFFFUL) | pointer : pointer;
        }

        private readonly void CheckExpandDown(ulong pointer, int size)
        {
            var last = pointer + (ulong)size - 1;
            var isInside = _segment.ExpandsDown
                ? pointer > _segment.Limit && last <= (_segment.IsBig ? 0xFFFF_FFFFUL : 0xFFFFUL)
                : _cpu.HasRealSegments && last <= _segment.Limit;
            if (!isInside)
            {
                throw _cpu.Fault(Vector.StackFault, (_segment.Selector & 0xFFFCU) | _isExternal);
            }
        }
    }
}
