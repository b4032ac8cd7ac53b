using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Differential;

/// <summary>Makes the steps of programs for ring 0: whatever only it may do, what it may forbid ring 3, and what leads from one to the other.</summary>
/// <param name="random">What they come of.</param>
internal sealed class RingZeroSteps(Random random)
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

    private void LoadSegment(Assembler code)
    {
        var selector = Selector();
        var register = (AssemblerRegisterSegment[])[ds, es, fs, gs, ss];
        var segment = register[random.Next(5)];
        if (segment == ss && selector < 4)
        {
            // QEMU's far returns by 4 bytes take the stack for one of 16 bits then.
            selector = RingZero.KernelDataSelector;
        }

        switch (random.Next(4))
        {
            case 0 when segment == fs || segment == gs:
                _text = $"pop {Name(segment)} {selector:x}";
                code.push(selector);
                code.pop(segment);
                break;
            case 1 when segment == fs || segment == gs || segment == ss:
                _text = $"l{Name(segment)} {selector:x}";
                Pointer(selector, 0x1234_5678, 4);
                var pointer = __fword_ptr[Pointers];
                if (segment == fs)
                {
                    code.lfs(ecx, pointer);
                }
                else if (segment == gs)
                {
                    code.lgs(ecx, pointer);
                }
                else
                {
                    code.lss(ecx, pointer);
                }

                break;
            default:
                _text = $"mov {Name(segment)}, {selector:x}";
                code.mov(eax, (uint)selector);
                code.mov(segment, ax);
                code.mov(edx, segment);
                break;
        }
    }

    private static string Name(AssemblerRegisterSegment segment) => ((Register)segment).ToString().ToLowerInvariant();

    private void AskForSegment(Assembler code)
    {
        var selector = Selector();
        code.mov(ecx, (uint)selector);
        code.mov(rdx, 0x1111_2222_3333_4444L);
        switch (random.Next(4))
        {
            case 0:
                _text = $"lar {selector:x}";
                code.lar(edx, ecx);

                // Bits 16 to 19 are nobody's.
                code.pushfq();
                code.and(edx, 0xF0_FF00);
                code.popfq();
                break;
            case 1:
                _text = $"lsl {selector:x}";
                code.lsl(edx, ecx);
                break;
            case 2:
                _text = $"verr {selector:x}";
                code.verr(cx);
                break;
            default:
                _text = $"verw {selector:x}";
                code.verw(cx);
                break;
        }
    }

    private void LoadTable(Assembler code)
    {
        var image = new byte[10];
        var limit = (ushort)(random.Next(3) switch { 0 => 0xFFF, 1 => (RingZero.DescriptorCount * 8) - 1, _ => random.Next(0x1000) });
        BinaryPrimitives.WriteUInt16LittleEndian(image, limit);
        switch (random.Next(4))
        {
            case 0:
                BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(2), RingZero.Descriptors);
                _text = $"lgdt {Convert.ToHexString(image)}";
                _memory.Add((Pointers, image));
                code.lgdt(__[Pointers]);
                break;
            case 1:
                BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(2), RingZero.Gates);
                _text = $"lidt {Convert.ToHexString(image)}";
                _memory.Add((Pointers, image));
                code.lidt(__[Pointers]);
                break;
            case 2:
                var local = Selector();
                _text = $"lldt {local:x}";
                code.mov(eax, (uint)local);
                code.lldt(ax);
                break;
            default:
                // QEMU takes a null selector, and ends itself at the next interrupt.
                var selector = Math.Max(Selector(), (ushort)4);
                _text = $"ltr {selector:x}";
                code.mov(eax, (uint)selector);
                code.ltr(ax);
                break;
        }
    }

    private void StoreTable(Assembler code)
    {
        var target = RingZero.Data + 0x800;
        switch (random.Next(5))
        {
            case 0:
                _text = "sgdt";
                code.sgdt(__[target]);
                break;
            case 1:
                _text = "sidt";
                code.sidt(__[target]);
                break;
            case 2:
                _text = "sldt";
                code.sldt(rdx);
                break;
            case 3:
                _text = "str";
                code.str(edx);
                break;
            default:
                _text = "smsw";
                code.smsw(dx);
                break;
        }
    }

    private void FarBranch(Assembler code)
    {
        var selector = Selector();
        Pointer(selector, (uint)RingZero.Landing, 4);
        if (random.Next(2) == 0)
        {
            _text = $"jmp far {selector:x}";
            code.jmp(__fword_ptr[Pointers]);
        }
        else
        {
            _text = $"call far {selector:x}";
            code.call(__fword_ptr[Pointers]);
        }
    }

    private void FarReturn(Assembler code)
    {
        var (target, stack) = (Selector(), Selector());
        if (random.Next(2) == 0)
        {
            (target, stack) = random.Next(3) switch
            {
                0 => (RingZero.UserCodeSelector, RingZero.UserDataSelector),
                1 => (RingZero.UserCode32Selector, RingZero.UserDataSelector),
                _ => (RingZero.KernelCodeSelector, RingZero.KernelDataSelector),
            };
        }

        var flags = 2 | ((ulong)random.Next() & 0x20_7ED5);
        var size = random.Next(2) == 0 ? 8 : 4;
        var isInterrupt = random.Next(3) != 0;
        var words = isInterrupt
            ? (ulong[])[RingZero.Landing, target, flags, RingZero.UserStack - 0x100, stack]
            : [RingZero.Landing, target, RingZero.UserStack - 0x100, stack];
        var frame = new byte[40];
        foreach (var (index, word) in words.Index())
        {
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(index * size), (uint)word);
        }

        _memory.Add((Frames, frame));
        _text = $"{(isInterrupt ? $"iret, flags {flags:x}," : "retf")} by {size}: {target:x}, {stack:x}";
        code.mov(rsp, (long)Frames);
        if (size == 8)
        {
            code.db(0x48);
        }

        code.db(isInterrupt ? (byte)0xCF : (byte)0xCB);
    }

    private void MoveControl(Assembler code)
    {
        ulong value;
        switch (random.Next(6))
        {
            case 0 or 1:
                value = 0x8005_0033 ^ Some(0x6005_002E, 3) ^ (random.Next(8) == 0 ? 1UL << (random.Next(2) * 31) : 0);

                // TS and EM at once: QEMU raises #NM first.
                value &= (value & 8) != 0 ? ~4UL : ulong.MaxValue;
                _text = $"mov cr0, {value:x}";
                code.mov(rax, (long)value);
                code.mov(cr0, rax);
                code.mov(rdx, cr0);
                break;
            case 2 or 3:
                value = 0x620 ^ Some(0x11_079C, 3) ^ (random.Next(8) == 0 ? 0x20UL : 0);
                _text = $"mov cr4, {value:x}";
                code.mov(rax, (long)value);
                code.mov(cr4, rax);
                code.mov(rdx, cr4);
                break;
            case 4:
                value = 0x1000 | Some(0x18, 2);
                _text = $"mov cr3, {value:x}";
                code.mov(rax, (long)value);
                code.mov(cr3, rax);
                code.mov(rdx, cr3);
                break;
            default:
                // What is not 0 would stay in KVM's run page.
                value = random.Next(3) == 0 ? (ulong)random.Next(16, 18) : 0;
                _text = $"mov cr8, {value:x}; mov cr2, {value:x}";
                code.mov(rax, (long)value);
                code.mov(cr8, rax);
                code.mov(rdx, cr8);
                code.mov(cr2, rax);
                break;
        }
    }

    private void MoveMsr(Assembler code)
    {
        var (index, value) = random.Next(7) switch
        {
            0 => (FsBase, Address()),
            1 => (GsBase, Address()),
            2 => (KernelGsBase, Address()),
            3 => (Lstar, RingZero.SystemCall),
            4 => (SyscallMask, ((ulong)random.Next() & 0x4_7FD5) | QemuClears),
            5 => (Star, (ulong)random.Next(0x2_0000) << 32 | ((ulong)random.Next(0x1_0000) << 48)),
            _ => (Efer, 0xD01UL ^ Some(0x1, 2) ^ (random.Next(6) == 0 ? 1UL << random.Next(8, 10) : 0)),
        };
        _text = $"wrmsr {index:x}, {value:x}";
        WriteMsr(code, index, value);
        code.rdmsr();
    }

    // Canonical: QEMU does not look.
    private ulong Address() => random.Next(4) switch
    {
        0 => 1UL << random.Next(47),
        1 => ulong.MaxValue << random.Next(48),
        _ => RingZero.Data + (ulong)random.Next(0x800),
    };

    private static void WriteMsr(Assembler code, uint index, ulong value)
    {
        code.mov(ecx, index);
        code.mov(eax, (uint)value);
        code.mov(edx, (uint)(value >> 32));
        code.wrmsr();
    }

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

    private void Interrupt(Assembler code)
    {
        var vector = !_isUsers && random.Next(3) == 0 ? 3 : random.Next(0x20, 0x40) + (_isUsers ? 0x20 : 0);
        if (random.Next(3) != 0)
        {
            var type = random.Next(5) == 0 ? random.Next(16) : random.Next(14, 16);
            var selector = random.Next(3) == 0 ? Selector() : RingZero.KernelCodeSelector;
            var access = (ulong)(type | (random.Next(4) << 5) | (random.Next(6) != 0 ? 0x80 : 0));
            // Without a change of privilege, QEMU clears SS where only the stack pointer is another.
            var stack = _isUsers ? (ulong)random.Next(8) : 0;
            var handler = RingZero.Handlers + ((ulong)vector * 16);
            Word(RingZero.Gates + ((ulong)vector * 16), handler | ((ulong)selector << 16) | (access << 40) | (stack << 32));
            _text = $"gate {access:x} {selector:x}: ";
        }
        else
        {
            _text = "";
        }

        if (vector == 3)
        {
            _text += "int3";
            code.int3();
        }
        else
        {
            _text += $"int {vector:x}";
            code.@int((byte)vector);
        }
    }

    private void CallSystem(Assembler code)
    {
        if (random.Next(2) == 0)
        {
            _text = "syscall";
            code.syscall();
            return;
        }

        var flags = (ulong)random.Next() & 0x20_7FD5;
        var target = random.Next(6) == 0 ? 1UL << 47 : RingZero.Landing;
        var isLong = random.Next(2) == 0;
        _text = $"sysret{(isLong ? "q" : "d")} {target:x}, flags {flags:x}";
        code.mov(rcx, (long)target);
        code.mov(r11, (long)flags);
        code.mov(esp, (uint)RingZero.UserStack);
        if (isLong)
        {
            code.sysretq();
        }
        else
        {
            code.db(0x0F, 0x07);
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

    private void ChangeState(Assembler code)
    {
        switch (random.Next(12))
        {
            case 0:
                _text = "cli, sti";
                code.cli();
                code.sti();
                break;
            case 1 or 2:
                var flags = (uint)random.Next() & 0x20_7ED5;
                _text = $"popfq {flags:x}";
                code.push((int)flags);
                code.popfq();
                code.pushfq();
                code.pop(rdx);
                break;
            case 3:
                _text = "clts";
                code.clts();
                break;
            case 4:
                var status = (uint)random.Next(16);
                _text = $"lmsw {status:x}";
                code.mov(eax, status);
                code.lmsw(ax);
                break;
            case 5:
                _text = "swapgs";
                code.swapgs();
                break;
            case 6:
                var address = Address();
                _text = $"wrfsbase {address:x}, rdgsbase";
                code.mov(rax, (long)address);
                code.wrfsbase(rax);
                code.rdgsbase(rdx);
                break;
            case 7:
                _text = "invlpg";
                code.invlpg(__[RingZero.TestPages]);
                break;
            case 8:
                _text = "wbinvd";
                code.wbinvd();
                break;
            case 9:
                _text = "mov dr";
                code.mov(rax, (long)Address());
                code.mov(dr0, rax);
                code.mov(rdx, dr0);
                code.mov(rcx, dr7);
                break;
            case 10:
                var beyond = 1UL << random.Next(47, 63);
                _text = $"read {beyond:x}";
                code.mov(rax, (long)beyond);
                code.mov(rdx, __qword_ptr[rax]);
                break;
            default:
                _text = "hlt";
                code.hlt();
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
