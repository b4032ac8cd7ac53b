using Iced.Intel;

namespace KvmActors.Software.Tests.Hardware;

/// <summary>Makes instructions of a form: registers at random, memory operands at RDI.</summary>
internal static class InstructionForms
{
    /// <summary>An instruction of a form.</summary>
    /// <param name="code">The form.</param>
    /// <param name="random">Picks its registers and immediate operands.</param>
    /// <param name="memory">Whether operands that may be either are in memory.</param>
    /// <param name="displacement">Of the memory operand, from RDI.</param>
    public static Instruction Make(Code code, Random random, bool memory, int displacement)
    {
        var instruction = new Instruction { Code = code };
        var info = code.ToOpCode();
        for (var index = 0; index < info.OpCount; index++)
        {
            var kind = info.GetOpKind(index);
            var text = kind.ToString();
            if (kind.ToString().EndsWith("_or_mem", StringComparison.Ordinal) ? memory : text.StartsWith("mem", StringComparison.Ordinal))
            {
                instruction.SetOpKind(index, OpKind.Memory);
                instruction.MemoryBase = Register.RDI;
                instruction.MemoryDisplacement64 = (ulong)displacement;
                instruction.MemoryDisplSize = displacement == 0 ? 0 : 1;
            }
            else if (text.StartsWith("imm8", StringComparison.Ordinal))
            {
                instruction.SetOpKind(index, OpKind.Immediate8);
                instruction.Immediate8 = (byte)random.Next(256);
            }
            else
            {
                instruction.SetOpKind(index, OpKind.Register);
                instruction.SetOpRegister(index, RegisterOf(text, random));
            }
        }

        return instruction;
    }

    private static Register RegisterOf(string kind, Random random) => kind switch
    {
        "st0" => Register.ST0,
        "sti_opcode" => Register.ST0 + random.Next(8),
        "ax" => Register.AX,
        _ when kind.StartsWith("xmm0", StringComparison.Ordinal) => Register.XMM0,
        _ when kind.StartsWith("xmm", StringComparison.Ordinal) => Register.XMM0 + random.Next(4),
        _ when kind.StartsWith("mm", StringComparison.Ordinal) => Register.MM0 + random.Next(8),
        _ when kind.StartsWith("r64", StringComparison.Ordinal) => Register.RAX + random.Next(3),
        _ when kind.StartsWith("r32", StringComparison.Ordinal) => Register.EAX + random.Next(3),
        _ when kind.StartsWith("r16", StringComparison.Ordinal) => Register.AX + random.Next(3),
        _ when kind.StartsWith("r8", StringComparison.Ordinal) => Register.AL + random.Next(3),
        _ => throw new ArgumentException($"No register for {kind}.", nameof(kind)),
    };
}
