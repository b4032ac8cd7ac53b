using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.X87;

/// <summary>FNSTENV, FLDENV, FNSAVE and FRSTOR: the environment in its four layouts (Intel SDM vol. 1, section 8.1.10).</summary>
internal static class Environments
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.Add(Code.Fnstenv_m14byte, static (Cpu cpu, in Op op) => Store(cpu, op, isWide: false, saves: false));
        table.Add(Code.Fnstenv_m28byte, static (Cpu cpu, in Op op) => Store(cpu, op, isWide: true, saves: false));
        table.Add(Code.Fnsave_m94byte, static (Cpu cpu, in Op op) => Store(cpu, op, isWide: false, saves: true));
        table.Add(Code.Fnsave_m108byte, static (Cpu cpu, in Op op) => Store(cpu, op, isWide: true, saves: true));
        table.Add(Code.Fldenv_m14byte, static (Cpu cpu, in Op op) => Load(cpu, op, isWide: false, restores: false));
        table.Add(Code.Fldenv_m28byte, static (Cpu cpu, in Op op) => Load(cpu, op, isWide: true, restores: false));
        table.Add(Code.Frstor_m94byte, static (Cpu cpu, in Op op) => Load(cpu, op, isWide: false, restores: true));
        table.Add(Code.Frstor_m108byte, static (Cpu cpu, in Op op) => Load(cpu, op, isWide: true, restores: true));
    }

    private static int SizeOf(bool isWide, bool hasRegisters) => (isWide ? 28 : 14) + (hasRegisters ? 80 : 0);

    private static void Store(Cpu cpu, in Op op, bool isWide, bool saves)
    {
        cpu.CheckX87(waits: false);
        var linear = Operands.CheckStore(cpu, op, SizeOf(isWide, saves));
        var state = cpu.X87;
        Span<uint> words = stackalloc uint[7];
        words[0] = state.Control;
        words[1] = state.StatusWord;
        words[2] = state.TagWord;
        words[3] = (uint)state.LastInstruction;
        words[5] = (uint)state.LastOperand;
        if (cpu.HasRealSegments)
        {
            // Real mode has no selectors; the linear addresses' bits from 16 on take their place.
            var (code, data) = ((uint)(state.LastInstruction + (16UL * state.LastCode)), (uint)(state.LastOperand + (16UL * state.LastData)));
            words[3] = (ushort)code;
            words[4] = ((code >> 16) << 12) | state.LastOpcode;
            words[5] = (ushort)data;
            words[6] = (data >> 16) << 12;
        }
        else
        {
            words[4] = state.LastCode | (isWide ? (uint)state.LastOpcode << 16 : 0);
            words[6] = state.LastData;
        }

        for (var index = 0; index < 7; index++)
        {
            if (isWide)
            {
                // The upper halves of these words are all ones.
                var filler = index is 0 or 1 or 2 || (index == 6 && !cpu.HasRealSegments) ? 0xFFFF_0000 : 0;
                cpu.Write(linear + (4UL * (ulong)index), op.Segment, words[index] | filler);
            }
            else
            {
                cpu.Write(linear + (2UL * (ulong)index), op.Segment, (ushort)words[index]);
            }
        }

        if (saves)
        {
            for (var index = 0; index < 8; index++)
            {
                Operands.StoreExtended(cpu, linear + (ulong)SizeOf(isWide, false) + (10UL * (ulong)index), op.Segment, state.Get(index));
            }

            state.Initialize();
            return;
        }

        // All exceptions are masked after FNSTENV.
        state.Control |= 0x3F;
        state.UpdateSummary();
    }

    private static void Load(Cpu cpu, in Op op, bool isWide, bool restores)
    {
        cpu.CheckX87(waits: true);
        var linear = cpu.LinearOf(op, SizeOf(isWide, restores), forWrite: false);

        // All of it before anything changes, and from its beginning: a fault is at the first byte that is not there.
        Span<uint> words = stackalloc uint[7];
        for (var index = 0; index < 7; index++)
        {
            words[index] = isWide
                ? cpu.Read<uint>(linear + (4UL * (ulong)index), op.Segment)
                : cpu.Read<ushort>(linear + (2UL * (ulong)index), op.Segment);
        }

        Span<ulong> significands = stackalloc ulong[8];
        Span<ushort> signExponents = stackalloc ushort[8];
        for (var index = 0; restores && index < 8; index++)
        {
            var at = linear + (ulong)SizeOf(isWide, false) + (10UL * (ulong)index);
            significands[index] = cpu.Read<ulong>(at, op.Segment);
            signExponents[index] = cpu.Read<ushort>(at + 8, op.Segment);
        }

        var state = cpu.X87;
        state.Control = (ushort)((words[0] & 0x1F3F) | 0x40);
        state.StatusWord = (ushort)words[1];
        state.UpdateSummary();
        state.TagWord = (ushort)words[2];
        if (cpu.HasRealSegments)
        {
            state.LastInstruction = (ushort)words[3] | ((words[4] >> 12) << 16);
            state.LastOperand = (ushort)words[5] | ((words[6] >> 12) << 16);
            (state.LastCode, state.LastData) = (0, 0);
            state.LastOpcode = (ushort)(words[4] & 0x7FF);
        }
        else
        {
            (state.LastInstruction, state.LastOperand) = (words[3], words[5]);
            (state.LastCode, state.LastData) = ((ushort)words[4], (ushort)words[6]);
            state.LastOpcode = isWide ? (ushort)((words[4] >> 16) & 0x7FF) : (ushort)0;
        }

        for (var index = 0; restores && index < 8; index++)
        {
            var register = state.Physical(index);
            (state.Significands[register], state.SignExponents[register]) = (significands[index], signExponents[index]);
        }
    }
}
