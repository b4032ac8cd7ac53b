using Iced.Intel;
using KvmActors.Interop.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Support;

/// <summary>64-bit code; each member names the instruction it adds. Addresses are under 2 GiB.</summary>
internal sealed class Code64() : AssembledCode<Code64>(64)
{
    /// <summary><c>dec ebx; jnz label</c>.</summary>
    public Code64 LoopTo(Label label) => Asm(a =>
    {
        a.dec(ebx);
        a.jne(label);
    });

    /// <summary><c>mov r64, imm64</c>.</summary>
    public Code64 Mov(AssemblerRegister64 register, ulong value) => Asm(a => a.mov(register, value));

    /// <summary><c>mov r64, r64</c>.</summary>
    public Code64 Copy(AssemblerRegister64 target, AssemblerRegister64 source) => Asm(a => a.mov(target, source));

    /// <summary><c>or r10, r64</c>.</summary>
    public Code64 Or(AssemblerRegister64 source) => Asm(a => a.or(r10, source));

    /// <summary><c>or r10, rax</c>.</summary>
    public Code64 OrRax() => Or(rax);

    /// <summary><c>mov [address], r64</c>.</summary>
    public Code64 Store(uint address, AssemblerRegister64 register) => Asm(a =>
        a.AddInstruction(Instruction.Create(Code.Mov_rm64_r64, Absolute(address), register)));

    /// <summary><c>mov r64, [address]</c>.</summary>
    public Code64 Load(AssemblerRegister64 register, uint address) => Asm(a =>
        a.AddInstruction(Instruction.Create(Code.Mov_r64_rm64, register, Absolute(address))));

    /// <summary>Stores a segment register's selector, through RAX.</summary>
    public Code64 Store(uint address, AssemblerRegisterSegment segment) => Asm(a =>
    {
        a.xor(eax, eax);
        a.mov(eax, segment);
    }).Store(address, rax);

    /// <summary>Loads a data segment register, through RAX.</summary>
    public Code64 Mov(AssemblerRegisterSegment segment, ushort selector) => Mov(rax, (ulong)selector).Asm(a => a.mov(segment, eax));

    /// <summary>Stores a control register, through RAX.</summary>
    public Code64 Store(uint address, AssemblerRegisterCR control) => Asm(a => a.mov(rax, control)).Store(address, rax);

    /// <summary>Stores RFLAGS, through the stack and RAX.</summary>
    public Code64 StoreFlags(uint address) => Asm(a =>
    {
        a.pushfq();
        a.pop(rax);
    }).Store(address, rax);

    /// <summary>Stores a model-specific register, through RAX, RCX and RDX.</summary>
    public Code64 StoreMsr(uint address, uint number) => Mov(rcx, (ulong)number).Asm(a =>
    {
        a.rdmsr();
        a.shl(rdx, 32);
        a.or(rax, rdx);
    }).Store(address, rax);

    /// <summary><c>sgdt [address]</c>: a 2-byte limit and an 8-byte base.</summary>
    public Code64 Sgdt(uint address) => Asm(a => a.sgdt(__[address]));

    /// <summary>Loads CS with a selector and goes on behind this instruction.</summary>
    public Code64 ReloadCs(byte selector) => Asm(a =>
    {
        var behind = a.CreateLabel();
        a.push(selector);
        a.lea(rax, __[behind]);
        a.push(rax);

        // The far return that takes 64-bit values has no method of its own.
        a.AddInstruction(Instruction.Create(Code.Retfq));
        a.Label(ref behind);
    });

    /// <summary><c>out dx, al</c> to a port.</summary>
    public Code64 OutByte(ushort port, char value) => Mov(rdx, (ulong)port).Asm(a =>
    {
        a.mov(al, (byte)value);
        a.@out(dx, al);
    });

    /// <summary><c>out dx, eax</c> to a port.</summary>
    public Code64 Out(ushort port, uint value) => Mov(rdx, (ulong)port).Mov(rax, (ulong)value).OutDxEax();

    /// <summary><c>out dx, eax</c>.</summary>
    public Code64 OutDxEax() => Asm(a => a.@out(dx, eax));

    /// <summary><c>in eax, dx</c>.</summary>
    public Code64 InEaxDx() => Asm(a => a.@in(eax, dx));

    /// <summary>Writes text to the console, byte by byte.</summary>
    public Code64 Print(string text)
    {
        foreach (var value in text)
        {
            OutByte(0x3F8, value);
        }

        return this;
    }

    // An operand of ModRM for every register: left to itself, the assembler takes a shorter opcode for RAX with an address of
    // eight bytes, and what KVM emulates for device memory would depend on the register.
    private static MemoryOperand Absolute(uint address) => new(Register.None, address, displSize: sizeof(ulong));
}
