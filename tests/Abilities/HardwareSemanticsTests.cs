using KvmActors.EndToEnd.Tests;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Abilities.Tests;

/// <summary>What a KVM with hardware under it does beyond answering <c>doctor</c>'s question with yes.</summary>
public sealed class HardwareSemanticsTests
{
    // Where guest/probe's programs stand after `syscall` and `mov`: instructions of known length.
    private const ulong SyscallBytes = 2, MovImmediateBytes = 5;
    private const byte KernelCode = 0x08, KernelData = 0x10, UserCode = 0x33;
    private const ulong FlagsAtSyscall = 0x2;

    [AbilityFact(KvmAbility.Ring0Sse)]
    public async Task SseInRing0_GivesTheResult()
    {
        using var host = await HostProcess.RunAsync("--scenario", "bare-sse");

        Assert.Equal(0, host.ExitCode);
        Assert.Equal("sse ok\n", host.Output);
    }

    [AbilityFact(KvmAbility.SyscallToRing0)]
    public void Syscall_ArrivesWithTheKernelsSegmentsTheReturnAddressAndTheFlags()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "syscall");
        Assert.True(machine.TryRunToReport(out var ring, out var otherwise), otherwise);

        var registers = machine.Vcpu.GetRegisters();
        var special = machine.Vcpu.GetSpecialRegisters();
        Assert.Equal(0u, ring);
        Assert.Equal(KernelCode, special.cs.selector);
        Assert.Equal(KernelData, special.ss.selector);
        Assert.Equal(FlagsAtSyscall, registers.r11 & ~0x10000UL);
        Assert.InRange(registers.rip - registers.rcx, SyscallBytes, 16UL);
    }

    [AbilityFact(KvmAbility.StringIoBatching)]
    public void StringInput_TakesEveryByteOfOneExit()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "string-io");
        var exit = machine.Run();
        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        Assert.False(exit.Io.IsOut);
        Assert.Equal(1, exit.Io.Size);
        Assert.Equal(16, exit.Io.Data.Length);

        "0123456789abcdef"u8.CopyTo(exit.Io.Data);
        Assert.True(machine.TryRunToReport(out var last, out var otherwise), otherwise);
        Assert.Equal('f', (char)last);
    }

    [AbilityFact(KvmAbility.Ring3SingleStep)]
    public void SingleStepInRing3_StopsAfterEachInstructionThenLetsGo()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "ring3-step");
        Assert.True(machine.TryRunToReport(out _, out var otherwise), otherwise);
        var target = machine.Vcpu.GetRegisters().rbx;

        machine.Vcpu.SetDebug(new VcpuDebug { SingleStep = true });
        var stops = new List<ulong>();
        for (var step = 0; step < 4; step++)
        {
            var exit = machine.Run();
            Assert.Equal(VcpuExitReason.Debug, exit.Reason);
            Assert.Equal(UserCode, machine.Vcpu.GetSpecialRegisters().cs.selector);
            stops.Add(exit.DebugAddress);
        }

        machine.Vcpu.SetDebug(VcpuDebug.None);
        Assert.Contains(target, stops);
        Assert.Contains(target + MovImmediateBytes, stops);
        Assert.All(stops.Zip(stops.Skip(1)), pair => Assert.True(pair.First < pair.Second));
        Assert.True(machine.TryRunToReport(out var value, out otherwise), otherwise);
        Assert.Equal(0u, value);
    }

    [AbilityFact(KvmAbility.Ring3Breakpoints)]
    public void BreakpointInRing3_StopsBeforeTheInstructionOnceThenLetsGo()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "ring3-step");
        Assert.True(machine.TryRunToReport(out _, out var otherwise), otherwise);
        machine.Vcpu.SetDebug(new VcpuDebug { Breakpoint = machine.Vcpu.GetRegisters().rbx });

        Assert.Equal(VcpuExitReason.Debug, machine.Run().Reason);
        Assert.Equal(1ul, machine.Vcpu.GetRegisters().rcx);
        machine.Vcpu.SetDebug(VcpuDebug.None);
        Assert.True(machine.TryRunToReport(out var value, out otherwise), otherwise);
        Assert.Equal(0u, value);
    }

    [AbilityFact(KvmAbility.Ring3Int3)]
    public void Int3InRing3_StopsAtTheInstruction()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "ring3-int3");
        Assert.True(machine.TryRunToReport(out _, out var otherwise), otherwise);
        machine.Vcpu.SetDebug(new VcpuDebug { Int3 = true });

        var exit = machine.Run();
        Assert.Equal(VcpuExitReason.Debug, exit.Reason);
        Assert.Equal(exit.DebugAddress, machine.Vcpu.GetRegisters().rip);
    }

    [AbilityFact(KvmAbility.CoalescedPortIo)]
    public void CoalescedWrites_AreInTheRingInOrderAndNothingElseIs()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "quiet-port", prepare: vm => Assert.True(vm.TryCoalesce(ProbeMachine.QuietPort)));
        Assert.True(machine.TryRunToReport(out var value, out var otherwise), otherwise);
        Assert.Equal(ProbeMachine.Answer, value);

        Span<byte> data = stackalloc byte[8];
        for (var write = 0; write < 4; write++)
        {
            Assert.True(machine.Vcpu.CoalescedWrites.TryTake(out var port, data, out var length));
            Assert.Equal(ProbeMachine.QuietPort, port);
            Assert.Equal("a"u8, data[..length]);
        }

        Assert.True(machine.Vcpu.CoalescedWrites.IsEmpty);
    }

    [AbilityFact(KvmAbility.DirtyLog)]
    public void DirtyLog_HasTheStoredPageOnce()
    {
        const int Page = 0x300;
        using var machine = new ProbeMachine(TestMachine.Device, "store", logsDirtyPages: true);
        machine.Vm.TakeDirtyPages(0);
        Assert.True(machine.TryRunToReport(out _, out var otherwise), otherwise);

        var pages = machine.Vm.TakeDirtyPages(0);
        Assert.Equal(1ul, pages[Page / 64] >> (Page % 64) & 1);
        Assert.Equal(0ul, pages[(Page / 64) + 1]);
        Assert.All(machine.Vm.TakeDirtyPages(0), word => Assert.Equal(0ul, word));
    }

    [AbilityFact(KvmAbility.Ring0SoftwareInterrupts)]
    public void SoftwareInterruptInRing0_PushesTheReturnAddressAndTheKernelsCodeSegment()
    {
        using var machine = new ProbeMachine(TestMachine.Device, "ring0-interrupt");
        Assert.True(machine.TryRunToReport(out var value, out var otherwise), otherwise);
        Assert.Equal(ProbeMachine.Answer, value);
        Assert.Equal(KernelCode, machine.Vcpu.GetSpecialRegisters().cs.selector);
        Assert.NotEqual(0x200000ul, machine.Vcpu.GetRegisters().rsp);
    }

    [AbilityFact(KvmAbility.Ring3SoftwareInterrupts)]
    public void SoftwareInterruptInRing3_SwitchesToTheStackOfTheTss()
    {
        const ulong Ring0Stack = 0x28000, InterruptFrame = 5 * sizeof(ulong);
        using var machine = new ProbeMachine(TestMachine.Device, "ring3-interrupt");
        Assert.True(machine.TryRunToReport(out _, out var otherwise), otherwise);
        Assert.Equal(KernelCode, machine.Vcpu.GetSpecialRegisters().cs.selector);
        Assert.Equal(Ring0Stack - InterruptFrame, machine.Vcpu.GetRegisters().rsp);
    }
}
