using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Interop.Tests.Support;

/// <summary>16-bit code; each member names the instruction it adds.</summary>
internal sealed class Code16() : AssembledCode<Code16>(16)
{
    /// <summary><c>jmp segment:offset</c>.</summary>
    public Code16 JmpFar(ushort segment, ushort offset) => Asm(a => a.jmp(segment, (uint)offset));

    public Code16 MovAl(byte value) => Asm(a => a.mov(al, value));

    public Code16 MovAx(ushort value) => Asm(a => a.mov(ax, value));

    public Code16 MovEax(uint value) => Asm(a => a.mov(eax, value));

    public Code16 MovDx(ushort value) => Asm(a => a.mov(dx, value));

    public Code16 MovCx(ushort value) => Asm(a => a.mov(cx, value));

    public Code16 MovSi(ushort value) => Asm(a => a.mov(si, value));

    public Code16 MovDi(ushort value) => Asm(a => a.mov(di, value));

    /// <summary>Through AX.</summary>
    public Code16 MovDs(ushort value) => MovAx(value).Asm(a => a.mov(ds, ax));

    public Code16 MovCr3Eax() => Asm(a => a.mov(cr3, eax));

    /// <summary><c>out dx, al</c>, <c>ax</c> or <c>eax</c>.</summary>
    /// <param name="size">1, 2 or 4 bytes.</param>
    public Code16 OutDx(int size) => Sized(size, a => a.@out(dx, al), a => a.@out(dx, ax), a => a.@out(dx, eax));

    /// <summary><c>in al, dx</c>, <c>ax</c> or <c>eax</c>.</summary>
    /// <param name="size">1, 2 or 4 bytes.</param>
    public Code16 InDx(int size) => Sized(size, a => a.@in(al, dx), a => a.@in(ax, dx), a => a.@in(eax, dx));

    /// <summary><c>rep outsb</c>: CX bytes from DS:SI to port DX.</summary>
    public Code16 RepOutsb() => Asm(a => a.rep.outsb());

    /// <summary><c>rep insw</c>: CX words from port DX to ES:DI.</summary>
    public Code16 RepInsw() => Asm(a => a.rep.insw());

    /// <summary>Stores AL, AX or EAX at DS:offset.</summary>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <param name="offset">The offset in the segment.</param>
    public Code16 Store(int size, ushort offset) =>
        Sized(size, a => a.mov(__byte_ptr[offset], al), a => a.mov(__word_ptr[offset], ax), a => a.mov(__dword_ptr[offset], eax));

    /// <summary>Loads AL, AX or EAX from DS:offset.</summary>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <param name="offset">The offset in the segment.</param>
    public Code16 Load(int size, ushort offset) =>
        Sized(size, a => a.mov(al, __byte_ptr[offset]), a => a.mov(ax, __word_ptr[offset]), a => a.mov(eax, __dword_ptr[offset]));

    /// <summary><c>inc dword [offset]</c>.</summary>
    public Code16 IncDword(ushort offset) => Asm(a => a.inc(__dword_ptr[offset]));

    /// <summary>
    /// An interrupt table with no room for anything, then an invalid instruction; in protected mode, since in real mode not
    /// every KVM looks at the table's limit.
    /// </summary>
    /// <param name="zeros">Where six zero bytes are.</param>
    public Code16 TripleFault(ushort zeros) => Asm(a =>
    {
        a.lidt(__[zeros]);
        a.mov(eax, cr0);
        a.or(al, 1);
        a.mov(cr0, eax);
        a.ud2();
    });

    private Code16 Sized(int size, Action<Assembler> one, Action<Assembler> two, Action<Assembler> four) => Asm(size switch
    {
        1 => one,
        2 => two,
        4 => four,
        _ => throw new ArgumentOutOfRangeException(nameof(size)),
    });
}
