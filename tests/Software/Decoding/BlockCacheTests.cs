using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Decoding;

/// <summary>That decoded code follows what is written to memory, by whomever.</summary>
public sealed class BlockCacheTests
{
    [Fact]
    public void Run_OfCodeThatWritesOverTheNextInstruction_ExecutesWhatItWrote()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var patched = code.CreateLabel();
            code.lea(rbx, __[patched]);

            // mov eax, 1 becomes mov eax, 2.
            code.mov(__byte_ptr[rbx + 1], 2);
            code.Label(ref patched);
            code.mov(eax, 1);
            code.hlt();
        });

        Assert.Equal(2UL, vm.RunToHlt().Vcpu.GetRegisters().rax);
    }

    [Fact]
    public void Run_OfALoopThatWritesOverItself_ExecutesEachVersion()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var patched = code.CreateLabel();
            code.lea(rbx, __[patched]);
            code.mov(ecx, 200);
            code.xor(edx, edx);
            code.Label(ref patched);
            code.mov(eax, 0);
            code.add(edx, eax);
            code.inc(__dword_ptr[rbx + 1]);
            code.dec(ecx);
            code.jne(patched);
            code.hlt();
        });

        Assert.Equal((ulong)Enumerable.Range(0, 200).Sum(), vm.RunToHlt().Vcpu.GetRegisters().rdx);
    }

    [Fact]
    public void Run_AfterTheHostWroteCode_ExecutesIt()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var again = code.CreateLabel();
            code.Label(ref again);
            code.mov(eax, 1);
            code.hlt();
            code.jmp(again);
        });
        vm.RunToHlt();

        vm.Write(1, (byte)7);

        Assert.Equal(7UL, vm.RunToHlt().Vcpu.GetRegisters().rax);
    }

    // Two mappings of one page: what is written through one is executed through the other.
    [Fact]
    public void Run_OfCodeWrittenThroughAnotherAddress_ExecutesWhatWasWritten()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(rax, 0x83);
            code.mov(__qword_ptr[MemoryLayout.Pml4 + 0x2000 + 8], rax);
            code.mov(rbx, 0x30_0000);
            code.mov(__dword_ptr[rbx], 0xC301_B0);
            code.call(rbx);
            code.mov(r8, rax);
            code.mov(__byte_ptr[rbx + 1], 5);
            code.call(rbx);
            code.hlt();
        });

        var registers = vm.RunToHlt().Vcpu.GetRegisters();

        Assert.Equal((1UL, 5UL), (registers.r8 & 0xFF, registers.rax & 0xFF));
    }

    [Fact]
    public void Run_OfAnInstructionAcrossTwoPages_ExecutesIt()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code => code.jmp(0xFFD));
        vm.Write(0xFFD, SoftwareVm.Assemble(64, code =>
        {
            code.mov(rax, 0x1122_3344_5566_7788);
            code.hlt();
        }));

        Assert.Equal(0x1122_3344_5566_7788UL, vm.RunToHlt().Vcpu.GetRegisters().rax);
    }

    [Fact]
    public void Run_OfCodeNeverSeenBefore_AgainAndAgain_KeepsTheCacheBounded()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            // Writes a block of one RET each, at ever other addresses, and calls it.
            var again = code.CreateLabel();
            code.mov(ebx, 0x21_0000);
            code.Label(ref again);
            code.mov(__byte_ptr[rbx], 0x90);
            code.mov(__byte_ptr[rbx + 1], 0xC3);
            code.call(rbx);
            code.add(ebx, 64);
            code.cmp(ebx, 0x3C_0000);
            code.jb(again);
            code.hlt();
        });

        vm.RunToHlt();

        Assert.True(vm.Vcpu.Blocks.Decoded > Software.Decoding.BlockCache.Capacity);
        Assert.InRange(vm.Vcpu.Blocks.Count, 1, Software.Decoding.BlockCache.Capacity);
    }

    [Fact]
    public void Run_OfAnUnknownInstruction_CountsItAndRaisesInvalidOpcode()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code => code.vaddps(ymm0, ymm0, ymm0));

        // There is no handler, so it ends in a triple fault.
        Assert.Equal(VcpuExitReason.Shutdown, vm.Vcpu.Run().Reason);
        Assert.Equal(0UL, vm.Vcpu.GetRegisters().rip);
        Assert.Equal(1, vm.Vcpu.Unknown.Counts[Iced.Intel.Mnemonic.Vaddps]);
        Assert.Equal("vaddps", Assert.Single(vm.Vcpu.Unknown.ByName).Key);
    }

    [Fact]
    public void Run_PastAnUnknownInstruction_CountsNothing()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var end = code.CreateLabel();
            code.test(rsp, rsp);
            code.jne(end);
            code.vaddps(ymm0, ymm0, ymm0);
            code.Label(ref end);
            code.hlt();
            code.vaddps(ymm0, ymm0, ymm0);
        });

        vm.RunToHlt();

        Assert.Empty(vm.Vcpu.Unknown.ByName);
    }
}
