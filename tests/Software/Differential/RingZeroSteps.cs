using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Differential;

/// <summary>Makes the steps of programs for ring 0: whatever only it may do, what it may forbid ring 3, and what leads from one to the other.</summary>
/// <param name="random">What they come of.</param>
internal sealed partial class RingZeroSteps(Random random)
{
    private const uint Efer = 0xC000_0080, Star = 0xC000_0081, Lstar = 0xC000_0082, Cstar = 0xC000_0083, SyscallMask = 0xC000_0084;
    private const uint FsBase = 0xC000_0100, GsBase = 0xC000_0101, KernelGsBase = 0xC000_0102;

    // Flags that QEMU's SYSCALL clears whatever the mask says.
    private const ulong QemuClears = 0xCD5;

    private readonly List<(ulong Address, byte[] Bytes)> _memory = [];
    private string _text = "";
    private bool _isUsers;

    // Ring 3 has its own, as it comes later.
    private ulong Pointers => RingZero.Pointers + (_isUsers ? 0x100UL : 0);

    private ulong Frames => RingZero.Frames + (_isUsers ? 0x100UL : 0);

    /// <summary>What comes before all steps: the state that is in neither set of registers is the same each time.</summary>
    public static void Begin(Assembler code)
    {
        code.fxrstor64(__[RingZero.FloatingPoint]);
        WriteMsr(code, Star, 0x0018_0008_0000_0000);
        WriteMsr(code, Lstar, RingZero.SystemCall);
        WriteMsr(code, Cstar, RingZero.SystemCall);
        WriteMsr(code, SyscallMask, QemuClears | 0x100);
        WriteMsr(code, KernelGsBase, RingZero.Data);
        code.mov(eax, (uint)RingZero.TaskSelector);
        code.ltr(ax);
        code.mov(eax, 0);
        code.mov(dr0, rax);
        code.mov(dr6, rax);
        code.mov(dr7, rax);
    }

    /// <summary>Makes one.</summary>
    public RingZeroStep Next()
    {
        _memory.Clear();
        _isUsers = random.Next(4) == 0;
        var code = SoftwareVm.Assemble(64, assembler =>
        {
            switch (random.Next(16))
            {
                case 0 or 1:
                    LoadSegment(assembler);
                    break;
                case 2:
                    AskForSegment(assembler);
                    break;
                case 3:
                    LoadTable(assembler);
                    break;
                case 4:
                    StoreTable(assembler);
                    break;
                case 5:
                    FarBranch(assembler);
                    break;
                case 6:
                    FarReturn(assembler);
                    break;
                case 7:
                    MoveControl(assembler);
                    break;
                case 8:
                    MoveMsr(assembler);
                    break;
                case 9 or 10:
                    TouchPage(assembler);
                    break;
                case 11:
                    Interrupt(assembler);
                    break;
                case 12:
                    CallSystem(assembler);
                    break;
                case 13:
                    UseVectors(assembler);
                    break;
                case 14:
                    UsePort(assembler);
                    break;
                default:
                    ChangeState(assembler);
                    break;
            }
        });
        return new RingZeroStep(_text, _isUsers, code, [.. _memory]);
    }

    private ushort Selector() => RingZeroProgram.RandomSelector(random);

    private void TouchPage(Assembler code)
    {
        var page = random.Next(RingZero.TestPageCount);
        var address = RingZero.TestPages + ((ulong)page * 0x1000);
        var entry = address | Some(0x8000_0000_0000_0067, 3) | (random.Next(4) != 0 ? 7UL : 0);
        Word(RingZero.PageTable + (address >> 9), entry);
        var offset = random.Next(6) == 0 ? 0xFFCUL : (ulong)random.Next(0xF00);
        var target = address + offset;
        _text = $"entry {entry:x}: ";
        switch (random.Next(5))
        {
            case 0:
                _text += $"read {target:x}";
                code.mov(rdx, __qword_ptr[target]);
                break;
            case 1:
                _text += $"write {target:x}";
                code.mov(__qword_ptr[target], rbp);
                break;
            case 2:
                _text += $"push {target:x}";
                code.mov(rcx, rsp);
                code.mov(rsp, (long)target);
                code.push(rbp);
                code.mov(rsp, rcx);
                break;
            case 3:
                _text += $"jump {address:x}";
                code.mov(eax, (uint)address);
                code.jmp(rax);
                break;
            default:
                _text += $"string {target:x}";
                code.mov(edi, (uint)target);
                code.mov(esi, (uint)RingZero.Data);
                code.mov(ecx, (uint)random.Next(4));
                code.cld();
                code.rep.movsq();
                break;
        }
    }

    private void UseVectors(Assembler code)
    {
        switch (random.Next(6))
        {
            case 0:
                _text = "addps";
                code.addps(xmm1, xmm2);
                break;
            case 1:
                _text = "movaps unaligned";
                code.movaps(xmm3, __xmmword_ptr[RingZero.Data + (ulong)random.Next(2)]);
                break;
            case 2:
                _text = "pxor, movdqu";
                code.pxor(xmm0, xmm4);
                code.movdqu(__xmmword_ptr[RingZero.Data + 0x33], xmm0);
                break;
            case 3:
                _text = "fld1";
                code.fld1();
                break;
            case 4:
                _text = "ldmxcsr";
                _memory.Add((RingZero.Data + 0xF00, BitConverter.GetBytes(random.Next(0x1_0000))));
                code.ldmxcsr(__dword_ptr[RingZero.Data + 0xF00]);
                break;
            default:
                _text = "wait, fninit";
                code.wait();
                code.fninit();
                break;
        }
    }

    private void UsePort(Assembler code)
    {
        var port = random.Next(0x10, 0x40);
        var map = (ushort)(random.Next(5) switch { 0 => 0xFF0, 1 => 0xFFFF, _ => 0x68 });
        var forbidden = new byte[9];
        random.NextBytes(forbidden);
        _memory.Add((RingZero.Task + 102, BitConverter.GetBytes(map)));
        _memory.Add((RingZero.Task + 0x68, forbidden));
        _text = $"map {map:x} {Convert.ToHexString(forbidden)}: port {port:x}";
        code.mov(edx, (uint)port);
        code.mov(eax, 0x1234_5678);
        switch (random.Next(7))
        {
            case 0:
                code.@out(dx, al);
                break;
            case 1:
                code.@out(dx, ax);
                break;
            case 2:
                code.@out(dx, eax);
                break;
            case 3:
                code.@in(al, dx);
                break;
            case 4:
                code.@in(eax, dx);
                break;
            case 5:
                code.mov(esi, (uint)RingZero.Data);
                code.outsw();
                break;
            default:
                code.mov(edi, (uint)RingZero.Data + 0x20);
                code.insb();
                break;
        }
    }

    // Some bits of a mask: each with a chance of one in so many.
    private ulong Some(ulong mask, int oneIn)
    {
        var bits = 0UL;
        for (var bit = 0; bit < 64; bit++)
        {
            bits |= (mask >> bit & 1) != 0 && random.Next(oneIn) == 0 ? 1UL << bit : 0;
        }

        return bits;
    }

    private void Pointer(ushort selector, ulong offset, int size)
    {
        var bytes = new byte[size + 2];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)offset);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(size), selector);
        _memory.Add((Pointers, bytes));
    }

    private void Word(ulong address, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _memory.Add((address, bytes));
    }
}
