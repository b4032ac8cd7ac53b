namespace KvmActors.Interop.Tests.Support;

/// <summary>A tiny assembler of 16-bit code; each member names the instruction it adds.</summary>
internal sealed class Code16
{
    private readonly List<byte> _bytes = [];

    /// <summary>Where the next instruction goes, in bytes from the first.</summary>
    public int Position => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public Code16 Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Puts data behind the code, at an offset that must not be reached yet.</summary>
    public Code16 DataAt(int offset, ReadOnlySpan<byte> data) => Raw(new byte[offset - Position]).Raw(data);

    public Code16 Hlt() => Raw(0xF4);

    /// <summary>Jumps to itself.</summary>
    public Code16 Spin() => Raw(0xEB, 0xFE);

    /// <summary>A short jump to an earlier <see cref="Position"/>.</summary>
    public Code16 JmpTo(int position) => Raw(0xEB, unchecked((byte)(position - (Position + 2))));

    /// <summary><c>jmp segment:offset</c>.</summary>
    public Code16 JmpFar(ushort segment, ushort offset) => Raw(0xEA).Word(offset).Word(segment);

    public Code16 MovAl(byte value) => Raw(0xB0, value);

    public Code16 MovAx(ushort value) => Raw(0xB8).Word(value);

    public Code16 MovEax(uint value) => Raw(0x66, 0xB8).Word((ushort)value).Word((ushort)(value >> 16));

    public Code16 MovDx(ushort value) => Raw(0xBA).Word(value);

    public Code16 MovCx(ushort value) => Raw(0xB9).Word(value);

    public Code16 MovSi(ushort value) => Raw(0xBE).Word(value);

    /// <summary>Through AX.</summary>
    public Code16 MovDs(ushort value) => MovAx(value).Raw(0x8E, 0xD8);

    public Code16 MovCr3Eax() => Raw(0x0F, 0x22, 0xD8);

    /// <summary><c>out dx, al</c>, <c>ax</c> or <c>eax</c>.</summary>
    /// <param name="size">1, 2 or 4 bytes.</param>
    public Code16 OutDx(int size) => Sized(size, 0xEE);

    /// <summary><c>in al, dx</c>, <c>ax</c> or <c>eax</c>.</summary>
    /// <param name="size">1, 2 or 4 bytes.</param>
    public Code16 InDx(int size) => Sized(size, 0xEC);

    /// <summary><c>rep outsb</c>: CX bytes from DS:SI to port DX.</summary>
    public Code16 RepOutsb() => Raw(0xF3, 0x6E);

    /// <summary><c>rep insw</c>: CX words from port DX to ES:DI.</summary>
    public Code16 RepInsw() => Raw(0xF3, 0x6D);

    /// <summary>Stores AL, AX or EAX at DS:offset.</summary>
    public Code16 Store(int size, ushort offset) => Sized(size, 0xA2).Word(offset);

    /// <summary>Loads AL, AX or EAX from DS:offset.</summary>
    public Code16 Load(int size, ushort offset) => Sized(size, 0xA0).Word(offset);

    /// <summary><c>inc dword [offset]</c>.</summary>
    public Code16 IncDword(ushort offset) => Raw(0x66, 0xFF, 0x06).Word(offset);

    /// <summary>
    /// An interrupt table with no room for anything, then an invalid instruction; in protected mode, since in real mode not
    /// every KVM looks at the table's limit.
    /// </summary>
    /// <param name="zeros">Where six zero bytes are.</param>
    public Code16 TripleFault(ushort zeros) =>
        Raw(0x0F, 0x01, 0x1E).Word(zeros).Raw(0x0F, 0x20, 0xC0).Raw(0x0C, 0x01).Raw(0x0F, 0x22, 0xC0).Raw(0x0F, 0x0B);

    private Code16 Sized(int size, byte byteOpcode) => size switch
    {
        1 => Raw(byteOpcode),
        2 => Raw((byte)(byteOpcode + 1)),
        4 => Raw(0x66, (byte)(byteOpcode + 1)),
        _ => throw new ArgumentOutOfRangeException(nameof(size)),
    };

    private Code16 Word(ushort value) => Raw((byte)value, (byte)(value >> 8));
}
