using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using KvmActors.Interop.Memory;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Instructions;

/// <summary>String instructions, repeated or not. Repeated ones move whole pieces of pages where nothing speaks against it.</summary>
internal static class Strings
{
    /// <summary>Iterations after which a repeated instruction is interruptible.</summary>
    private const int IterationsAtOnce = 4096;

    private interface IStringOperation
    {
        /// <summary>Whether the repetition ends by ZF too.</summary>
        static abstract bool Compares { get; }

        /// <summary>One iteration.</summary>
        static abstract void Step(Cpu cpu, in Op op);

        /// <summary>Many iterations at once.</summary>
        /// <returns>How many; 0 where they have to be made one by one.</returns>
        static abstract ulong Leap(Cpu cpu, in Op op, ulong count);
    }

    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        // By the form: MOVSD and CMPSD are SSE instructions too.
        Add(table, Run<Move>, Code.Movsb_m8_m8, Code.Movsw_m16_m16, Code.Movsd_m32_m32, Code.Movsq_m64_m64);
        Add(table, Run<Fill>, Code.Stosb_m8_AL, Code.Stosw_m16_AX, Code.Stosd_m32_EAX, Code.Stosq_m64_RAX);
        Add(table, Run<Load>, Code.Lodsb_AL_m8, Code.Lodsw_AX_m16, Code.Lodsd_EAX_m32, Code.Lodsq_RAX_m64);
        Add(table, Run<Scan>, Code.Scasb_AL_m8, Code.Scasw_AX_m16, Code.Scasd_EAX_m32, Code.Scasq_RAX_m64);
        Add(table, Run<Compare>, Code.Cmpsb_m8_m8, Code.Cmpsw_m16_m16, Code.Cmpsd_m32_m32, Code.Cmpsq_m64_m64);
    }

    /// <summary>The offset in RSI or RDI.</summary>
    public static ulong OffsetIn(Cpu cpu, in Op op, int register) => cpu.Regs[register & 15] << op.AddressShift >> op.AddressShift;

    /// <summary>Moves RSI or RDI on by so many elements.</summary>
    public static void Advance(Cpu cpu, in Op op, int register, ulong elements = 1)
    {
        var bytes = elements * op.Size;
        cpu.SetRegister(register, AddressBytes(op), cpu.Regs[register & 15] + (cpu.Direction ? 0 - bytes : bytes));
    }

    /// <summary>How often a repeated instruction is still to be made.</summary>
    public static ulong CountIn(Cpu cpu, in Op op) => cpu.Regs[Gpr.Rcx] << op.AddressShift >> op.AddressShift;

    /// <summary>Sets how often.</summary>
    public static void SetCount(Cpu cpu, in Op op, ulong count) => cpu.SetRegister(Gpr.Rcx, AddressBytes(op), count);

    private static int AddressBytes(in Op op) => (64 - op.AddressShift) / 8;

    private static void Add(HandlerTable table, OpHandler handler, params ReadOnlySpan<Code> codes)
    {
        foreach (var code in codes)
        {
            table.Add(code, handler);
        }
    }

    private static void Run<T>(Cpu cpu, in Op op)
        where T : IStringOperation
    {
        if (!op.Has(OpFlags.Rep | OpFlags.Repne))
        {
            T.Step(cpu, op);
            return;
        }

        var left = CountIn(cpu, op);
        for (var iteration = 0; left != 0; iteration++)
        {
            if (iteration == IterationsAtOnce || (iteration > 0 && (cpu.HasAnswers || cpu.HasEffects || cpu.NeedsSteps)))
            {
                // The registers tell how far it is: it goes on when it is executed again.
                cpu.Rip = op.Rip;
                return;
            }

            var done = T.Leap(cpu, op, left);
            if (done == 0)
            {
                T.Step(cpu, op);
                done = 1;
            }

            left -= done;
            SetCount(cpu, op, left);
            if (T.Compares && cpu.Zero != op.Has(OpFlags.Rep))
            {
                return;
            }
        }
    }

    private static ulong Source(Cpu cpu, in Op op, int size) =>
        cpu.Linear(op.Segment, OffsetIn(cpu, op, Gpr.Rsi), size, forWrite: false);

    private static ulong Target(Cpu cpu, in Op op, bool forWrite) =>
        cpu.Linear(Seg.Es, OffsetIn(cpu, op, Gpr.Rdi), op.Size, forWrite);

    // Elements from an offset on that lie in one page and surely inside the segment.
    private static ulong Reach(Cpu cpu, in Op op, Seg segment, int register, ulong count, bool forWrite)
    {
        var offset = OffsetIn(cpu, op, register);
        var linear = cpu.Is64Bit && segment < Seg.Fs ? offset : cpu.Segments[(int)segment].Base + offset;
        count = Math.Min(count, (0x1000 - (linear & 0xFFF)) / op.Size);
        if (cpu.Is64Bit)
        {
            return op.AddressShift == 0 || offset + (count * op.Size) <= uint.MaxValue ? count : 0;
        }

        ref readonly var limits = ref cpu.Segments[(int)segment];
        return offset + (count * op.Size) <= (forWrite ? limits.WriteEnd : limits.ReadEnd) ? count : 0;
    }

    private readonly struct Move : IStringOperation
    {
        public static bool Compares => false;

        public static void Step(Cpu cpu, in Op op)
        {
            var value = cpu.Read(Source(cpu, op, op.Size), op.Segment, op.Size);
            cpu.Write(Target(cpu, op, forWrite: true), Seg.Es, op.Size, value);
            Advance(cpu, op, Gpr.Rsi);
            Advance(cpu, op, Gpr.Rdi);
        }

        public static ulong Leap(Cpu cpu, in Op op, ulong count)
        {
            if (cpu.Direction || cpu.NeedsSteps)
            {
                return 0;
            }

            count = Reach(cpu, op, op.Segment, Gpr.Rsi, count, forWrite: false);
            count = Reach(cpu, op, Seg.Es, Gpr.Rdi, count, forWrite: true);
            var bytes = (int)count * op.Size;
            if (count < 2
                || !cpu.TryFindBytes(Source(cpu, op, bytes), op.Segment, bytes, forWrite: false, out var from, out var fromOffset)
                || !cpu.TryFindBytes(Target(cpu, op, forWrite: true), Seg.Es, bytes, forWrite: true, out var to, out var toOffset)
                || (ReferenceEquals(from, to) && toOffset - fromOffset < (ulong)bytes))
            {
                // What is copied onto what is still to be copied repeats itself: one by one.
                return 0;
            }

            from.Span(fromOffset, bytes).CopyTo(to.Span(toOffset, bytes));
            Advance(cpu, op, Gpr.Rsi, count);
            Advance(cpu, op, Gpr.Rdi, count);
            return count;
        }
    }

    private readonly struct Fill : IStringOperation
    {
        public static bool Compares => false;

        public static void Step(Cpu cpu, in Op op)
        {
            cpu.Write(Target(cpu, op, forWrite: true), Seg.Es, op.Size, cpu.Regs[Gpr.Rax]);
            Advance(cpu, op, Gpr.Rdi);
        }

        public static ulong Leap(Cpu cpu, in Op op, ulong count)
        {
            if (cpu.Direction || cpu.NeedsSteps)
            {
                return 0;
            }

            count = Reach(cpu, op, Seg.Es, Gpr.Rdi, count, forWrite: true);
            var bytes = (int)count * op.Size;
            if (count < 2 || !cpu.TryFindBytes(Target(cpu, op, forWrite: true), Seg.Es, bytes, forWrite: true, out GuestSlot slot, out var offset))
            {
                return 0;
            }

            var target = slot.Span(offset, bytes);
            var value = cpu.Regs[Gpr.Rax];
            switch (op.Size)
            {
                case 8:
                    MemoryMarshal.Cast<byte, ulong>(target).Fill(value);
                    break;
                case 4:
                    MemoryMarshal.Cast<byte, uint>(target).Fill((uint)value);
                    break;
                case 2:
                    MemoryMarshal.Cast<byte, ushort>(target).Fill((ushort)value);
                    break;
                default:
                    target.Fill((byte)value);
                    break;
            }

            Advance(cpu, op, Gpr.Rdi, count);
            return count;
        }
    }

    private readonly struct Load : IStringOperation
    {
        public static bool Compares => false;

        public static void Step(Cpu cpu, in Op op)
        {
            var value = cpu.Read(Source(cpu, op, op.Size), op.Segment, op.Size);
            cpu.SetRegister(Gpr.Rax, op.Size, value);
            Advance(cpu, op, Gpr.Rsi);
        }

        public static ulong Leap(Cpu cpu, in Op op, ulong count) => 0;
    }

    private readonly struct Scan : IStringOperation
    {
        public static bool Compares => true;

        public static void Step(Cpu cpu, in Op op)
        {
            var value = cpu.Read(Target(cpu, op, forWrite: false), Seg.Es, op.Size);
            SetComparison(cpu, op, Cpu.Truncate(cpu.Regs[Gpr.Rax], op.Size), value);
            Advance(cpu, op, Gpr.Rdi);
        }

        public static ulong Leap(Cpu cpu, in Op op, ulong count) => 0;
    }

    private readonly struct Compare : IStringOperation
    {
        public static bool Compares => true;

        public static void Step(Cpu cpu, in Op op)
        {
            // Where neither is there, the processors that were compared with fault at the second.
            var second = cpu.Read(Target(cpu, op, forWrite: false), Seg.Es, op.Size);
            var first = cpu.Read(Source(cpu, op, op.Size), op.Segment, op.Size);
            SetComparison(cpu, op, first, second);
            Advance(cpu, op, Gpr.Rsi);
            Advance(cpu, op, Gpr.Rdi);
        }

        public static ulong Leap(Cpu cpu, in Op op, ulong count) => 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetComparison(Cpu cpu, in Op op, ulong a, ulong b)
    {
        var result = a - b;
        cpu.SetArithmetic(result, (~a & b) | ((~a | b) & result), op.Shift);
    }
}
