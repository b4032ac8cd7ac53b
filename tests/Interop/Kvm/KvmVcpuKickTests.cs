using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class KvmVcpuKickTests
{
    private const ushort Counter = 0x1000;
    private static readonly TimeSpan Patience = TestTime.Seconds(30);

    [KvmFact]
    public void Kick_BeforeTheRun_EndsItAtOnce()
    {
        using var vm = new RealModeVm(new Code16().Spin());

        vm.Vcpu.Kick();

        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void ClearKick_AfterAStrayKick_TheGuestGoesOn()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        vm.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);

        vm.Vcpu.ClearKick();

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void Kick_WhileTheGuestSpins_EndsTheRun()
    {
        using var vm = Counting();
        using var runner = new Runner(vm.Vcpu);
        WaitForProgress(vm.Memory);

        vm.Vcpu.Kick();

        Assert.Equal(VcpuExitReason.Intr, runner.Join());
    }

    [KvmFact]
    public void Kick_ManyTimes_EndsTheRunAndOneClearIsEnough()
    {
        using var vm = Counting();
        using (var runner = new Runner(vm.Vcpu))
        {
            WaitForProgress(vm.Memory);
            for (var index = 0; index < 100; index++)
            {
                vm.Vcpu.Kick();
            }

            Assert.Equal(VcpuExitReason.Intr, runner.Join());
        }

        vm.Vcpu.ClearKick();
        using var again = new Runner(vm.Vcpu);
        WaitForProgress(vm.Memory);
        vm.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, again.Join());
    }

    [KvmFact]
    public void Run_AfterAKick_TheGuestGoesOnWhereItWas()
    {
        var code = new Code16().MovDx(0x80).MovCx(0x1234).OutDx(1).Hlt();
        using var vm = new RealModeVm(code);
        Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);

        vm.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
        vm.Vcpu.ClearKick();

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(0x1234UL, vm.Vcpu.GetRegisters().rcx);
    }

    // A signal nobody meant, with no kick behind it.
    [KvmFact]
    public void Run_StraySignal_IsIntrAndTheNextRunGoesOn()
    {
        using var vm = Counting();
        var thread = 0;
        using var runner = new Runner(vm.Vcpu, () => Volatile.Write(ref thread, LibC.gettid()));
        WaitForProgress(vm.Memory);

        VcpuKickSignal.Send(Volatile.Read(ref thread));
        Assert.Equal(VcpuExitReason.Intr, runner.Join());

        using var again = new Runner(vm.Vcpu);
        WaitForProgress(vm.Memory);
        vm.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, again.Join());
    }

    [KvmFact]
    public void Kick_AfterDispose_DoesNothing()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        vm.Vcpu.BindToCurrentThread();
        using var signals = new SignalMask(VcpuKickSignal.Number);

        vm.Vcpu.Dispose();
        vm.Vcpu.Kick();

        Assert.False(signals.IsPending);
    }

    [KvmFact]
    public void Kick_BoundVcpu_SendsTheSignalToItsThread()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        using var signals = new SignalMask(VcpuKickSignal.Number);

        vm.Vcpu.BindToCurrentThread();
        vm.Vcpu.Kick();

        Assert.True(signals.IsPending);
    }

    [KvmFact]
    public void Kick_UnboundVcpu_SendsNoSignal()
    {
        using var vm = new RealModeVm(new Code16().Hlt());
        using var signals = new SignalMask(VcpuKickSignal.Number);

        vm.Vcpu.Kick();
        vm.Vcpu.BindToCurrentThread();
        vm.Vcpu.Unbind();
        vm.Vcpu.Kick();

        Assert.False(signals.IsPending);
    }

    // Kicks at every possible moment: before, while and after the vCPU enters the guest.
    [KvmFact]
    public void Kick_ManyRoundsFromAnotherThread_NeverMissesAndNeverLingers()
    {
        var rounds = TestTime.Rounds(1000);
        using var vm = Counting();
        using var started = new SemaphoreSlim(0);
        using var ended = new SemaphoreSlim(0);
        var runner = new Thread(() =>
        {
            vm.Vcpu.BindToCurrentThread();
            for (var round = 0; round < rounds; round++)
            {
                started.Release();
                while (vm.Vcpu.Run().Reason != VcpuExitReason.Intr)
                {
                }

                vm.Vcpu.ClearKick();
                ended.Release();
            }

            vm.Vcpu.Unbind();
        });
        runner.Start();

        for (var round = 0; round < rounds; round++)
        {
            Assert.True(started.Wait(Patience));
            TestTime.Spin(round * 7 % 2000 * 10);
            vm.Vcpu.Kick();

            // A kick's signal may come after the run it was meant for: then it ends this round early, which is allowed.
            Assert.True(ended.Wait(Patience), $"round {round} never ended");
        }

        Assert.True(runner.Join(Patience));
        vm.Vcpu.ClearKick();
        using var last = new Runner(vm.Vcpu);
        WaitForProgress(vm.Memory);
        vm.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, last.Join());
    }

    private static RealModeVm Counting() => new(new Code16().Label(out var again).IncDword(Counter).JmpTo(again));

    private static void WaitForProgress(GuestMemory memory)
    {
        memory.TryRead(new GuestPhysAddr(Counter), out uint before);
        Assert.True(
            SpinWait.SpinUntil(() => memory.TryRead(new GuestPhysAddr(Counter), out uint now) && now != before, Patience),
            "the guest does not run");
    }

    /// <summary>A thread that runs the vCPU up to its next exit.</summary>
    private sealed class Runner : IDisposable
    {
        private readonly Thread _thread;
        private VcpuExitReason _reason;

        public Runner(KvmVcpu vcpu, Action? first = null)
        {
            _thread = new Thread(() =>
            {
                first?.Invoke();
                vcpu.BindToCurrentThread();
                _reason = vcpu.Run().Reason;
                vcpu.Unbind();
            })
            { IsBackground = true };
            _thread.Start();
        }

        public VcpuExitReason Join()
        {
            Assert.True(_thread.Join(Patience), "the vCPU does not stop");
            return _reason;
        }

        public void Dispose() => Join();
    }
}
