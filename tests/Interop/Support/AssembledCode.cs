using Iced.Intel;

namespace KvmActors.Interop.Tests.Support;

/// <summary>
/// A guest's code under construction: Iced's assembler, so that a whole guest is one expression, and data behind the code.
/// It runs wherever it is put: labels are the only addresses it has of its own, and the assembler makes them relative.
/// </summary>
/// <typeparam name="TCode">The derived class, which every member returns.</typeparam>
internal abstract class AssembledCode<TCode>(int bits)
    where TCode : AssembledCode<TCode>
{
    private readonly Assembler _assembler = new(bits);
    private readonly List<(int Offset, byte[] Bytes)> _data = [];

    /// <summary>Adds the instructions that have no member of their own.</summary>
    public TCode Asm(Action<Assembler> instructions)
    {
        instructions(_assembler);
        return (TCode)this;
    }

    /// <summary>Gives the next instruction a label, to jump back to or to ask the address of.</summary>
    public TCode Label(out Label label)
    {
        label = _assembler.CreateLabel();
        _assembler.Label(ref label);
        return (TCode)this;
    }

    public TCode Hlt() => Asm(a => a.hlt());

    /// <summary>Jumps to itself.</summary>
    public TCode Spin() => Label(out var self).JmpTo(self);

    public TCode JmpTo(Label label) => Asm(a => a.jmp(label));

    /// <summary>Puts data behind the code, at an offset that neither the code nor earlier data may reach.</summary>
    public TCode DataAt(int offset, ReadOnlySpan<byte> data)
    {
        _data.Add((offset, data.ToArray()));
        return (TCode)this;
    }

    /// <summary>Where a label's instruction is, in bytes from the first.</summary>
    public ulong AddressOf(Label label) => Assemble(Stream.Null).GetLabelRIP(label);

    /// <summary>The code, then zeros up to the data, if there is any.</summary>
    public byte[] ToArray()
    {
        using var stream = new MemoryStream();
        Assemble(stream);
        foreach (var (offset, bytes) in _data)
        {
            Assert.True(stream.Length <= offset, $"what is before the data at 0x{offset:x} ends at 0x{stream.Length:x}");
            stream.Position = offset;
            stream.Write(bytes);
        }

        return stream.ToArray();
    }

    private AssemblerResult Assemble(Stream stream) =>
        _assembler.Assemble(new StreamCodeWriter(stream), rip: 0, BlockEncoderOptions.ReturnNewInstructionOffsets);
}
