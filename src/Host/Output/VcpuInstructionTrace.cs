using System.Globalization;
using System.Text;
using Iced.Intel;
using KvmActors.Host.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Output;

/// <summary>Makes the lines of one vCPU; fields with tabs between them. Belongs to the vCPU's thread.</summary>
/// <param name="file">Where they go.</param>
/// <param name="vm">The instance.</param>
/// <param name="vcpu">The vCPU's number.</param>
internal sealed class VcpuInstructionTrace(InstructionTraceFile file, string vm, int vcpu) : IInstructionTrace
{
    // What a program does most it does again and again: then its text is there.
    private const int MaxTexts = 1 << 16;
    private const int MaxInstructionBytes = 15;

    private readonly Dictionary<(ulong Rip, int Bits, UInt128 Bytes), string> _texts = [];
    private readonly Formatter _formatter = Disassembly.CreateFormatter();
    private readonly StringBuilder _line = new();
    private readonly string _who = string.Create(CultureInfo.InvariantCulture, $"{vm}\t{vcpu}\t");

    /// <inheritdoc/>
    public void Executed(in ExecutedInstruction instruction, ReadOnlySpan<byte> bytes, ReadOnlySpan<RegisterChange> changes)
    {
        Begin(instruction.Count, instruction.Rip);
        _line.Append(TextOf(instruction, bytes)).Append('\t');
        for (var index = 0; index < changes.Length; index++)
        {
            _line.Append(CultureInfo.InvariantCulture, $"{(index == 0 ? "" : " ")}{changes[index].Name}=0x{changes[index].Value:x}");
        }

        End();
    }

    /// <inheritdoc/>
    public void Interrupted(in TakenInterrupt interrupt)
    {
        Begin(interrupt.Count, interrupt.From);
        _line.Append(CultureInfo.InvariantCulture, $"(exception {interrupt.Vector}, to 0x{interrupt.To:x})\t");
        End();
    }

    private void Begin(ulong count, ulong rip) => _line.Append(_who).Append(CultureInfo.InvariantCulture, $"{count}\t0x{rip:x}\t");

    private void End()
    {
        Span<char> text = stackalloc char[_line.Length];
        _line.CopyTo(0, text, _line.Length);
        file.WriteLine(text);
        _line.Clear();
    }

    private string TextOf(in ExecutedInstruction instruction, ReadOnlySpan<byte> bytes)
    {
        Span<byte> key = stackalloc byte[MaxInstructionBytes + 1];
        key.Clear();
        bytes.CopyTo(key);
        key[^1] = (byte)bytes.Length;
        var place = (instruction.Rip, instruction.Bits, BitConverter.ToUInt128(key));
        if (_texts.TryGetValue(place, out var text))
        {
            return text;
        }

        if (_texts.Count >= MaxTexts)
        {
            _texts.Clear();
        }

        var decoder = Iced.Intel.Decoder.Create(instruction.Bits, new ByteArrayCodeReader(bytes.ToArray()));
        decoder.IP = instruction.Rip;
        decoder.Decode(out var decoded);
        var output = new StringOutput();
        _formatter.Format(decoded, output);
        return _texts[place] = output.ToStringAndReset();
    }
}
