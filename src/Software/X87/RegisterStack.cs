using KvmActors.Software.FloatingPoint;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>The register stack, as instructions use it (Intel SDM vol. 1, sections 8.1.2 and 8.5.1.1).</summary>
internal static class RegisterStack
{
    /// <summary>C0 to C3 and the stack fault, at their bits in FSW.</summary>
    public const ushort C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, StackFault = 0x40;

    private const int Conditions = C0 | C1 | C2 | C3;

    /// <summary>What an operation goes by: rounding, precision and masks of FCW.</summary>
    public static FloatContext Context(this X87State state) => new()
    {
        Rounding = (RoundingMode)((state.Control >> 10) & 3),
        Precision = ((state.Control >> 8) & 3) switch { 0 => 24, 2 => 53, _ => 64 },
        Masks = state.Control & FloatFlags.All,
        MovesExponents = true,
        PrefersGreaterNan = true,
    };

    /// <summary>Begins an instruction that computes or moves: pending exceptions, #NM.</summary>
    public static X87State Begin(Cpu cpu)
    {
        cpu.CheckX87(waits: true);
        return cpu.X87;
    }

    /// <summary>Notes the instruction, once nothing of it can fault any more, and clears C1.</summary>
    public static void Note(Cpu cpu, in Op op, bool keepsC1 = false)
    {
        var state = cpu.X87;
        state.LastInstruction = op.Rip;
        state.LastOpcode = (ushort)op.Immediate;
        state.LastCode = cpu.Segments[(int)Seg.Cs].Selector;
        if (op.A.IsMemory || op.B.IsMemory)
        {
            state.LastOperand = cpu.OffsetOf(op);
            state.LastData = cpu.Segments[(int)op.Segment].Selector;
        }

        state.Status &= unchecked((ushort)(keepsC1 ? 0xFFFF : ~C1));
    }

    /// <summary>The physical register that is ST(i).</summary>
    public static int Physical(this X87State state, int index) => (state.Top + index) & 7;

    /// <summary>Whether ST(i) is empty.</summary>
    public static bool IsEmpty(this X87State state, int index) => (state.EmptyMask & (1 << state.Physical(index))) != 0;

    /// <summary>Reads ST(i).</summary>
    public static Float80 Get(this X87State state, int index)
    {
        var register = state.Physical(index);
        return new Float80(state.Significands[register], state.SignExponents[register]);
    }

    /// <summary>Writes ST(i), which is not empty then.</summary>
    public static void Set(this X87State state, int index, Float80 value)
    {
        var register = state.Physical(index);
        (state.Significands[register], state.SignExponents[register]) = (value.Significand, value.SignExponent);
        state.EmptyMask &= (byte)~(1 << register);
    }

    /// <summary>Empties ST(0) and moves the top up.</summary>
    public static void Pop(this X87State state)
    {
        state.EmptyMask |= (byte)(1 << state.Top);
        state.Top = (state.Top + 1) & 7;
    }

    /// <summary>Pushes a value; where there is no room, that is a stack overflow.</summary>
    public static void Push(this X87State state, Float80 value)
    {
        if (!state.IsEmpty(7))
        {
            if (!state.Fault(isOverflow: true))
            {
                return;
            }

            value = Float80.Indefinite;
        }

        state.Top = (state.Top - 1) & 7;
        state.Set(0, value);
    }

    /// <summary>Notes a stack fault.</summary>
    /// <returns>Whether it is masked: the instruction goes on with the indefinite NaN.</returns>
    public static bool Fault(this X87State state, bool isOverflow)
    {
        state.Status = (ushort)((state.Status & ~C1) | StackFault | FloatFlags.Invalid | (isOverflow ? C1 : 0));
        state.UpdateSummary();
        return (state.Control & FloatFlags.Invalid) != 0;
    }

    /// <summary>Takes over what an operation found.</summary>
    /// <returns>Whether its result is to be written: no unmasked invalid operation, denormal operand or division by zero.</returns>
    public static bool Commit(this X87State state, in FloatContext context)
    {
        state.Status |= (ushort)context.Flags;
        if (context.RoundedUp && !context.IsRefused)
        {
            state.Status |= C1;
        }

        state.UpdateSummary();
        return !context.IsRefused;
    }

    /// <summary>Sets C3, C2 and C0; C1 stays.</summary>
    public static void SetConditions(this X87State state, int conditions) =>
        state.Status = (ushort)((state.Status & ~(Conditions & ~C1)) | conditions);
}
