using Iced.Intel;
using KvmActors.Machine.Inspection;

namespace KvmActors.Host.Inspection;

/// <summary>An instruction as people read it.</summary>
/// <param name="Address">Its linear address.</param>
/// <param name="Bytes">Its bytes, hexadecimal.</param>
/// <param name="Text">Its mnemonic and operands, in Intel's order.</param>
/// <param name="IsCurrent">Whether RIP points to it.</param>
internal sealed record InstructionLine(ulong Address, string Bytes, string Text, bool IsCurrent);

/// <summary>Disassembles what is around RIP, in the mode the vCPU was in.</summary>
internal static class Disassembly
{
    private const int MaxBefore = 4, MaxAfter = 4;

    /// <summary>A few instructions before RIP, where they can be told, the one at RIP, and a few after.</summary>
    public static IReadOnlyList<InstructionLine> Around(CrashReport crash)
    {
        var code = crash.Code.ToArray();
        var current = (int)(crash.LinearRip - crash.CodeStart);
        if (current >= code.Length)
        {
            return [];
        }

        var after = Decode(code, current, code.Length, crash).Take(MaxAfter + 1);
        return [.. Before(code, current, crash).TakeLast(MaxBefore), .. after];
    }

    /// <summary>The instruction at RIP; null when it cannot be read.</summary>
    public static InstructionLine? At(CrashReport crash) => Around(crash).FirstOrDefault(line => line.IsCurrent);

    /// <summary>What writes instructions as people read them here.</summary>
    public static Formatter CreateFormatter()
    {
        var formatter = new IntelFormatter();
        formatter.Options.HexPrefix = "0x";
        formatter.Options.HexSuffix = "";
        formatter.Options.SpaceAfterOperandSeparator = true;
        return formatter;
    }

    // Instructions have no marks at their beginning: of all places to begin, the earliest from which decoding arrives
    // exactly at RIP, and through nothing invalid, is the likeliest to be right.
    private static IEnumerable<InstructionLine> Before(byte[] code, int current, CrashReport crash)
    {
        for (var start = 0; start < current; start++)
        {
            var lines = Decode(code, start, current, crash);
            if (lines.Count > 0 && lines.All(line => line.Text != InvalidText)
                && lines[^1].Address + (ulong)(lines[^1].Bytes.Length / 2) == crash.LinearRip)
            {
                return lines;
            }
        }

        return [];
    }

    private const string InvalidText = "(bad)";

    private static List<InstructionLine> Decode(byte[] code, int start, int end, CrashReport crash)
    {
        var decoder = Decoder.Create(crash.CodeBits, new ByteArrayCodeReader(code, start, end - start));
        decoder.IP = crash.CodeStart + (ulong)start;
        var formatter = CreateFormatter();
        var lines = new List<InstructionLine>();
        for (var position = start; position < end;)
        {
            decoder.Decode(out var instruction);
            var length = instruction.IsInvalid ? 1 : instruction.Length;
            var text = new StringOutput();
            formatter.Format(instruction, text);
            var address = crash.CodeStart + (ulong)position;
            lines.Add(new InstructionLine(
                address,
                Convert.ToHexStringLower(code.AsSpan(position, length)),
                instruction.IsInvalid ? InvalidText : text.ToStringAndReset(),
                address == crash.LinearRip));

            // What does not decode may simply be cut off at the end.
            if (instruction.IsInvalid)
            {
                break;
            }

            position += length;
        }

        return lines;
    }
}
