using Iced.Intel;
using KvmActors.Interop.Memory;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Decoding;

/// <summary>Decodes blocks: Iced says what the bytes are, the table what executes them.</summary>
/// <param name="table">What executes which instruction.</param>
internal sealed class Translator(HandlerTable table)
{
    /// <summary>Bytes of a block, at most.</summary>
    public const int MaxBytes = 256;

    /// <summary>Instructions of a block, at most.</summary>
    public const int MaxInstructions = 64;

    /// <summary>Bytes of an instruction, at most.</summary>
    public const int MaxInstructionBytes = 15;

    private readonly FetchBuffer _buffer = new();
    private readonly List<Op> _ops = new(MaxInstructions);
    private readonly Dictionary<int, Decoder> _decoders = [];

    /// <summary>Decodes a block; at least one instruction, which may be one that raises #UD.</summary>
    /// <param name="cpu">The processor, for its mode.</param>
    /// <param name="slot">Where the code is.</param>
    /// <param name="physical">Its guest-physical address.</param>
    /// <param name="linear">Its linear address.</param>
    public Block Decode(Cpu cpu, GuestSlot slot, ulong physical, ulong linear)
    {
        var rip = cpu.Rip;
        var offset = physical - slot.Range.Start.Value;
        var here = Math.Min(MaxBytes, 0x1000 - (int)(physical & 0xFFF));
        _buffer.Clear();
        _buffer.Append(slot.Span(offset, here));
        _ops.Clear();
        var lastPage = physical & ~0xFFFUL;
        var decoder = DecoderFor(cpu.CodeSize * 8);
        decoder.IP = rip;
        var length = 0;
        while (_ops.Count < MaxInstructions)
        {
            decoder.Decode(out var instruction);
            if (_buffer.RanOut)
            {
                if (_ops.Count > 0)
                {
                    break;
                }

                // The first one goes on in the next page, which may fault.
                if (cpu.FindCode(linear + (ulong)here, out lastPage) is not { } next)
                {
                    throw cpu.GeneralProtection();
                }

                _buffer.Append(next.Span(lastPage - next.Range.Start.Value, MaxInstructionBytes));
                _buffer.Position = 0;
                decoder.IP = rip;
                decoder.Decode(out instruction);
            }

            if (instruction.IsInvalid && _ops.Count > 0)
            {
                break;
            }

            var op = Resolve(instruction, rip + (ulong)length, _buffer.Bytes[length..]);
            _ops.Add(op);
            length += op.Length;
            if (op.Has(OpFlags.EndsBlock) || length > here)
            {
                break;
            }
        }

        return new Block
        {
            Ops = [.. _ops],
            Rip = rip,
            Physical = physical,
            LastPage = length > here ? lastPage : physical & ~0xFFFUL,
            Mode = cpu.Mode,
            Bytes = _buffer.Bytes[..length].ToArray(),
        };
    }

    private Op Resolve(in Instruction instruction, ulong rip, ReadOnlySpan<byte> bytes)
    {
        if (instruction.IsInvalid)
        {
            var length = Math.Clamp(_buffer.Position, 1, MaxInstructionBytes);
            return OpBuilder.Refused(instruction, rip, length, isTooLong: _buffer.Position >= MaxInstructionBytes);
        }

        var op = OpBuilder.Build(instruction, rip, bytes[..instruction.Length]);
        if (!table.TryResolve(ref op))
        {
            return OpBuilder.Refused(instruction, rip, instruction.Length, isTooLong: false);
        }

        // Repeated string instructions may have to be executed again.
        if (instruction.FlowControl != FlowControl.Next || (instruction.IsStringInstruction && op.Has(OpFlags.Rep | OpFlags.Repne)))
        {
            op.Flags |= OpFlags.EndsBlock;
        }

        return op;
    }

    private Decoder DecoderFor(int bits)
    {
        if (!_decoders.TryGetValue(bits, out var decoder))
        {
            _decoders[bits] = decoder = Decoder.Create(bits, _buffer, DecoderOptions.AMD);
        }

        return decoder;
    }
}
