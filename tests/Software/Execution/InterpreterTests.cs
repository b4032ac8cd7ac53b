using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Execution;

/// <summary>Running, and being stopped: exactly, from outside, by the host's breakpoints and the guest's.</summary>
public sealed class InterpreterTests
{
    [Theory]
    [InlineData(1UL, 0UL)]
    [InlineData(2UL, 1UL)]
    [InlineData(100UL, 50UL)]
    [InlineData(101UL, 50UL)]
    public void Run_UpToACount_StopsExactlyThere(ulong count, ulong added)
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var again = code.CreateLabel();
            code.xor(eax, eax);
            code.Label(ref again);
            code.inc(rax);
            code.jmp(again);
        });
        vm.Vcpu.StopsAt = count;

        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
        Assert.Equal((count, added), (vm.Vcpu.Instructions, vm.Vcpu.GetRegisters().rax));
    }

    [Fact]
    public async Task Kick_OfALoopThatNeverEnds_EndsTheRun()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var again = code.CreateLabel();
            code.Label(ref again);
            code.jmp(again);
        });
        var run = Task.Factory.StartNew(() => vm.Vcpu.Run().Reason, TaskCreationOptions.LongRunning);

        vm.Vcpu.Kick();

        Assert.Equal(VcpuExitReason.Intr, await run.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
    }

    [Fact]
    public void Run_WithSingleSteps_ExitsAfterEachInstruction()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(eax, 1);
            code.inc(eax);
            code.hlt();
        });
        vm.Vcpu.SetDebug(new VcpuDebug { SingleStep = true });

        var exit = vm.Vcpu.Run();
        Assert.Equal((VcpuExitReason.Debug, 5UL, 1U), (exit.Reason, exit.DebugAddress, exit.DebugException));
        Assert.Equal(7UL, vm.Vcpu.Run().DebugAddress);
        Assert.Equal(2UL, vm.Vcpu.GetRegisters().rax);
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [Fact]
    public void Run_WithABreakpoint_StopsBeforeItAndGoesOn()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(eax, 1);
            code.inc(eax);
            code.hlt();
        });
        vm.Vcpu.SetDebug(new VcpuDebug { Breakpoint = 5 });

        Assert.Equal((VcpuExitReason.Debug, 1UL), (vm.Vcpu.Run().Reason, vm.Vcpu.GetRegisters().rax));
        Assert.Equal((VcpuExitReason.Hlt, 2UL), (vm.Vcpu.Run().Reason, vm.Vcpu.GetRegisters().rax));
    }

    [Fact]
    public void Run_OfALoadFromNowhere_TakesTheHostsAnswer()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(rbx, 0x2000_0000);
            code.mov(ecx, 5);
            code.add(ecx, __dword_ptr[rbx + 4]);
            code.add(__dword_ptr[rbx], ecx);
            code.hlt();
        });
        MapAt(vm, 0x2000_0000);

        var exit = vm.Vcpu.Run();
        Assert.Equal((VcpuExitReason.Mmio, 0x2000_0004UL, false, 4), (exit.Reason, exit.Mmio.Address, exit.Mmio.IsWrite, exit.Mmio.Data.Length));
        exit.Mmio.Data[0] = 7;

        exit = vm.Vcpu.Run();
        Assert.Equal((0x2000_0000UL, false, 12UL), (exit.Mmio.Address, exit.Mmio.IsWrite, vm.Vcpu.GetRegisters().rcx));
        exit.Mmio.Data[1] = 1;

        exit = vm.Vcpu.Run();
        Assert.Equal((0x2000_0000UL, true, "0C010000"), (exit.Mmio.Address, exit.Mmio.IsWrite, Convert.ToHexString(exit.Mmio.Data)));
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [Fact]
    public void Run_OfPortInstructions_ExitsAsKvmDoes()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(dx, 0x1234);
            code.mov(eax, 0x1122_3344);
            code.@out(dx, ax);
            code.@in(al, dx);
            code.hlt();
        });

        var exit = vm.Vcpu.Run();
        Assert.Equal((true, (ushort)0x1234, 2, 0x3344U), (exit.Io.IsOut, exit.Io.Port, exit.Io.Size, exit.Io.Value));

        exit = vm.Vcpu.Run();
        Assert.Equal((false, 1), (exit.Io.IsOut, exit.Io.Size));
        exit.Io.Data[0] = 0x99;

        Assert.Equal(0x1122_3399UL, vm.RunToHlt().Vcpu.GetRegisters().rax);
    }

    [Fact]
    public void RestoreState_AfterMoreWasExecuted_GoesBack()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(eax, 1);
            code.@out(0x80, al);
            code.inc(eax);
            code.hlt();
        });
        Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);
        var state = vm.Vcpu.SaveState();
        vm.RunToHlt();

        Assert.True(vm.Vcpu.TryRestoreState(state));

        Assert.Equal(1UL, vm.Vcpu.GetRegisters().rax);
        Assert.Equal(2UL, vm.RunToHlt().Vcpu.GetRegisters().rax);
    }

    [Fact]
    public void Run_WithTheTrapFlag_RaisesDebugAfterTheNextInstruction()
    {
        using var vm = new SoftwareVm(BootProtocol.Real16, code =>
        {
            code.mov(__word_ptr[4], 0x100);
            code.mov(__word_ptr[6], 0);
            code.pushf();
            code.pop(ax);
            code.or(ax, 0x100);
            code.push(ax);
            code.popf();
            code.inc(bx);
            code.inc(bx);
            code.hlt();
        });
        vm.Write(0x100, (byte)0xF4);
        SetStack(vm);

        // TF counts from the instruction after POPF on.
        Assert.Equal(1UL, vm.RunToHlt().Vcpu.GetRegisters().rbx & 0xFFFF);
        Assert.Equal(0x4000UL, vm.Vcpu.Cpu.Dr6 & 0x4000);
    }

    [Fact]
    public void Run_WithADataBreakpoint_RaisesDebugAfterTheAccess()
    {
        using var vm = new SoftwareVm(BootProtocol.Real16, code =>
        {
            code.mov(__word_ptr[4], 0x100);
            code.mov(__word_ptr[6], 0);
            code.mov(eax, 0x800);
            code.mov(dr1, eax);
            code.mov(eax, 0x00D0_0404);
            code.mov(dr7, eax);
            code.mov(__byte_ptr[0x7FF], 1);
            code.mov(__dword_ptr[0x7FE], eax);
            code.inc(bx);
            code.hlt();
        });
        vm.Write(0x100, (byte)0xF4);
        SetStack(vm);

        Assert.Equal(0UL, vm.RunToHlt().Vcpu.GetRegisters().rbx & 0xFFFF);
        Assert.Equal(2UL, vm.Vcpu.Cpu.Dr6 & 0xF);
        Assert.Equal((byte)1, vm.Read<byte>(0x7FF) == 0 ? (byte)0 : (byte)1);
    }

    private static void SetStack(SoftwareVm vm)
    {
        var registers = vm.Vcpu.GetRegisters();
        registers.rsp = 0x4000;
        vm.Vcpu.SetRegisters(registers);
    }

    // The identity map reaches no further than memory: one more 2 MiB page.
    private static void MapAt(SoftwareVm vm, ulong address) =>
        vm.Write(MemoryLayout.Pml4 + 0x2000 + ((address >> 21) * 8), address | 0x83);

    [Fact]
    public void Run_ExceptionWhoseFrameLiesOverItsHandler_ExecutesWhatIsThereThen()
    {
        const ulong InvalidOpcode = 6 * 4, Handler = 0x500;
        using var vm = new SoftwareVm(BootProtocol.Real16, code => code.hlt());

        // The handler counts, and goes on behind the UD2. The second time its frame is in its place, and begins with the address of the UD2: HLT.
        vm.Write(0, [0xE9, 0xDA, 0x00]); // jmp 0xdd
        vm.Write(InvalidOpcode, (uint)Handler);
        vm.Write(0xDD, [0xBB, 0x00, 0x00, 0xBC, 0x00, 0x08, 0x0F, 0x0B]); // mov bx, 0; mov sp, 0x800; ud2
        vm.Write(0xE5, [0xBC, 0x06, 0x05, 0xEB, 0x0A]); // mov sp, 0x506; jmp 0xf4
        vm.Write(0xF4, [0x0F, 0x0B]); // ud2
        vm.Write(Handler, [0x43, 0x5D, 0x83, 0xC5, 0x02, 0x55, 0xCF]); // inc bx; pop bp; add bp, 2; push bp; iret

        vm.RunToHlt();

        var registers = vm.Vcpu.GetRegisters();
        Assert.Equal((Handler + 1, 1UL), (registers.rip, registers.rbx));
    }
}
