using System.Buffers.Binary;

namespace KvmActors.Machine.Tests.Support;

/// <summary>A general register, by its number in machine code.</summary>
internal enum Reg64
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rbx = 3,
    Rsp = 4,
    Rbp = 5,
    Rsi = 6,
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
}

/// <summary>A segment register, by its number in machine code.</summary>
internal enum Segment
{
    Es = 0,
    Cs = 1,
    Ss = 2,
    Ds = 3,
    Fs = 4,
    Gs = 5,
}

/// <summary>A tiny assembler of 64-bit code; each member names the instruction it adds. Addresses are under 2 GiB.</summary>
internal sealed class Code64
{
    private readonly List<byte> _bytes = [];

    /// <summary>Where the next instruction goes, in bytes from the first.</summary>
    public int Position => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public Code64 Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public Code64 Hlt() => Raw(0xF4);

    /// <summary>Jumps to itself.</summary>
    public Code64 Spin() => Raw(0xEB, 0xFE);

    /// <summary>A short jump to an earlier <see cref="Position"/>.</summary>
    public Code64 JmpTo(int position) => Raw(0xEB, unchecked((byte)(position - (Position + 2))));

    /// <summary><c>dec ebx; jnz position</c>.</summary>
    public Code64 LoopTo(int position) => Raw(0xFF, 0xCB).Raw(0x75, unchecked((byte)(position - (Position + 2))));

    /// <summary><c>mov r64, imm64</c>.</summary>
    public Code64 Mov(Reg64 register, ulong value) =>
        Raw((byte)(0x48 | ((int)register >> 3)), (byte)(0xB8 | ((int)register & 7))).Imm64(value);

    /// <summary><c>mov r64, r64</c>.</summary>
    public Code64 Copy(Reg64 target, Reg64 source) =>
        Raw((byte)(0x48 | ((int)source >> 3 << 2) | ((int)target >> 3)), 0x89, (byte)(0xC0 | (((int)source & 7) << 3) | ((int)target & 7)));

    /// <summary><c>or r10, r64</c>.</summary>
    public Code64 Or(Reg64 source) => Raw(0x49, 0x09, (byte)(0xC2 | ((int)source << 3)));

    /// <summary><c>or r10, rax</c>.</summary>
    public Code64 OrRax() => Or(Reg64.Rax);

    /// <summary><c>mov [address], r64</c>.</summary>
    public Code64 Store(uint address, Reg64 register) =>
        Raw((byte)(0x48 | ((int)register >> 3 << 2)), 0x89, (byte)(0x04 | (((int)register & 7) << 3)), 0x25).Imm32(address);

    /// <summary><c>mov r64, [address]</c>.</summary>
    public Code64 Load(Reg64 register, uint address) =>
        Raw((byte)(0x48 | ((int)register >> 3 << 2)), 0x8B, (byte)(0x04 | (((int)register & 7) << 3)), 0x25).Imm32(address);

    /// <summary>Stores a segment register's selector, through RAX.</summary>
    public Code64 Store(uint address, Segment segment) =>
        Raw(0x31, 0xC0).Raw(0x8C, (byte)(0xC0 | ((int)segment << 3))).Store(address, Reg64.Rax);

    /// <summary>Loads a data segment register, through RAX.</summary>
    public Code64 Mov(Segment segment, ushort selector) =>
        Mov(Reg64.Rax, (ulong)selector).Raw(0x8E, (byte)(0xC0 | ((int)segment << 3)));

    /// <summary>Stores a control register, through RAX.</summary>
    public Code64 StoreControl(uint address, int number) => Raw(0x0F, 0x20, (byte)(0xC0 | (number << 3))).Store(address, Reg64.Rax);

    /// <summary>Stores RFLAGS, through the stack and RAX.</summary>
    public Code64 StoreFlags(uint address) => Raw(0x9C, 0x58).Store(address, Reg64.Rax);

    /// <summary>Stores a model-specific register, through RAX, RCX and RDX.</summary>
    public Code64 StoreMsr(uint address, uint number) =>
        Mov(Reg64.Rcx, (ulong)number).Raw(0x0F, 0x32).Raw(0x48, 0xC1, 0xE2, 0x20).Raw(0x48, 0x09, 0xD0).Store(address, Reg64.Rax);

    /// <summary><c>sgdt [address]</c>: a 2-byte limit and an 8-byte base.</summary>
    public Code64 Sgdt(uint address) => Raw(0x0F, 0x01, 0x04, 0x25).Imm32(address);

    /// <summary>Loads CS with a selector and goes on behind this instruction.</summary>
    public Code64 ReloadCs(byte selector) => Raw(0x6A, selector).Raw(0x48, 0x8D, 0x05, 3, 0, 0, 0).Raw(0x50).Raw(0x48, 0xCB);

    /// <summary><c>out dx, al</c> to a port.</summary>
    public Code64 OutByte(ushort port, char value) => Mov(Reg64.Rdx, (ulong)port).Raw(0xB0, (byte)value).Raw(0xEE);

    /// <summary><c>out dx, eax</c> to a port.</summary>
    public Code64 Out(ushort port, uint value) => Mov(Reg64.Rdx, (ulong)port).Mov(Reg64.Rax, (ulong)value).Raw(0xEF);

    /// <summary><c>out dx, eax</c>.</summary>
    public Code64 OutDxEax() => Raw(0xEF);

    /// <summary><c>in eax, dx</c>.</summary>
    public Code64 InEaxDx() => Raw(0xED);

    /// <summary>Writes text to the console, byte by byte.</summary>
    public Code64 Print(string text)
    {
        foreach (var value in text)
        {
            OutByte(0x3F8, value);
        }

        return this;
    }

    private Code64 Imm32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    private Code64 Imm64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }
}
