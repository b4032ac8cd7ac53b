using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Differential;

/// <content>Steps that change control registers, MSRs and flags.</content>
internal sealed partial class RingZeroSteps
{
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
}
