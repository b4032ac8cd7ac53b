using System.Buffers.Binary;

namespace KvmActors.Software.Tests.Hardware;

/// <summary>One instruction and the state it meets, or the state it left: what <c>replay.c</c> calls a state.</summary>
internal sealed class HardwareCase
{
    public const int Bytes = 704, MemoryAt = 512, MemoryBytes = 128;

    private const int RegistersAt = 640, CodeAt = 672, CodeLengthAt = 688, VectorAt = 696;

    public HardwareCase() => Buffer = new byte[Bytes];

    public HardwareCase(ReadOnlySpan<byte> bytes) => Buffer = bytes.ToArray();

    /// <summary>All of it.</summary>
    public byte[] Buffer { get; }

    public Span<byte> Memory => Buffer.AsSpan(MemoryAt, MemoryBytes);

    public ushort ControlWord
    {
        get => BinaryPrimitives.ReadUInt16LittleEndian(Buffer);
        set => BinaryPrimitives.WriteUInt16LittleEndian(Buffer, value);
    }

    public ushort StatusWord
    {
        get => BinaryPrimitives.ReadUInt16LittleEndian(Buffer.AsSpan(2));
        set => BinaryPrimitives.WriteUInt16LittleEndian(Buffer.AsSpan(2), value);
    }

    /// <summary>A bit for each register in use.</summary>
    public byte Tags
    {
        get => Buffer[4];
        set => Buffer[4] = value;
    }

    public uint Mxcsr
    {
        get => BinaryPrimitives.ReadUInt32LittleEndian(Buffer.AsSpan(24));
        set => BinaryPrimitives.WriteUInt32LittleEndian(Buffer.AsSpan(24), value);
    }

    public ulong Rax
    {
        get => Word(RegistersAt);
        set => SetWord(RegistersAt, value);
    }

    public ulong Rcx
    {
        get => Word(RegistersAt + 8);
        set => SetWord(RegistersAt + 8, value);
    }

    public ulong Rdx
    {
        get => Word(RegistersAt + 16);
        set => SetWord(RegistersAt + 16, value);
    }

    public ulong Flags
    {
        get => Word(RegistersAt + 24);
        set => SetWord(RegistersAt + 24, value);
    }

    /// <summary>The exception's vector; all ones where there was none.</summary>
    public ulong Vector
    {
        get => Word(VectorAt);
        set => SetWord(VectorAt, value);
    }

    public ReadOnlySpan<byte> Code
    {
        get => Buffer.AsSpan(CodeAt, (int)Word(CodeLengthAt));
        set
        {
            value.CopyTo(Buffer.AsSpan(CodeAt));
            SetWord(CodeLengthAt, (ulong)value.Length);
        }
    }

    /// <summary>The 16 bytes of ST(index), of which 10 count.</summary>
    public Span<byte> Stack(int index) => Buffer.AsSpan(32 + (16 * index), 16);

    /// <summary>The 16 bytes of an XMM register.</summary>
    public Span<byte> Xmm(int index) => Buffer.AsSpan(160 + (16 * index), 16);

    /// <summary>Everything an instruction may change, without pointers to the last instruction and what is reserved.</summary>
    public string Describe(int fromSt = 0) => string.Join(' ',
    [
        $"vector {(long)Vector}", $"fcw {ControlWord:x4}", $"fsw {StatusWord:x4}", $"tags {Tags:x2}", $"mxcsr {Mxcsr:x8}",
        .. Enumerable.Range(fromSt, 8 - fromSt).Select(i => $"st{i} {Hex(Stack(i)[..10])}"),
        .. Enumerable.Range(0, 16).Select(i => $"xmm{i} {Hex(Xmm(i))}"),
        $"memory {Hex(Memory)}", $"rax {Rax:x16}", $"rcx {Rcx:x16}", $"rdx {Rdx:x16}", $"flags {Flags & 0x8D5:x3}",
    ]);

    /// <summary>What differs from another, one a line.</summary>
    public string Difference(HardwareCase other)
    {
        string[] mine = Describe().Split(' '), others = other.Describe().Split(' ');
        return string.Join('\n', Enumerable.Range(0, mine.Length / 2)
            .Where(i => mine[(2 * i) + 1] != others[(2 * i) + 1])
            .Select(i => $"  {mine[2 * i]}: hardware {mine[(2 * i) + 1]}, software {others[(2 * i) + 1]}"));
    }

    /// <summary>Numbers are printed with their first digit first.</summary>
    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        Array.Reverse(copy);
        return Convert.ToHexStringLower(copy);
    }

    private ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(Buffer.AsSpan(at));

    private void SetWord(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Buffer.AsSpan(at), value);
}
