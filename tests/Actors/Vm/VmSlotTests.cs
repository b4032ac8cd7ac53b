using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Tests.Vm;

public sealed class VmSlotTests : IDisposable
{
    private readonly VmTemplate _template = VmTemplate.BeforeBoot(Vms.Real16(new Code16().Hlt()).Plan);
    private readonly VmStopSignal _stop = new();
    private readonly VmSlot _slot;

    public VmSlotTests()
    {
        _slot = new VmSlot(_template.CreateVm(new FakeHypervisor()), _stop);
        _slot.Gate.Open(SyscallService.OpenFor(_slot.Vm.Memory, [], new FileLimits(), new GuestInput(default), new GuestConsole("vm", new RecordingOutput(), 100)));
    }

    public void Dispose()
    {
        _slot.Gate.Close();
        _slot.Dispose();
        _stop.Dispose();
        _template.Dispose();
    }

    [Fact]
    public void TryReset_EveryVcpuWasReset_TheMemoryIsAsAtFirstAndNobodyStops()
    {
        _slot.Vm.Memory.TryWrite(new(0x800), 5);
        _stop.Request();

        Assert.True(_slot.TryReset([Ended()], out var problem));

        Assert.Null(problem);
        Assert.True(_slot.Vm.Memory.TryRead(new(0x800), out int value));
        Assert.Equal((0, false), (value, _stop.IsRequested));
    }

    [Fact]
    public void TryReset_VcpuThatWasNot_IsRefusedWithItsProblem()
    {
        Assert.False(_slot.TryReset([Ended() with { ResetTo = null, ResetProblem = "it broke" }], out var problem));

        Assert.Equal("it broke", problem);
    }

    [Fact]
    public void TryReset_VcpuThatIsMissing_IsRefusedWithoutAProblem()
    {
        Assert.False(_slot.TryReset([], out var problem));

        Assert.Null(problem);
    }

    private VcpuEnded Ended() => new(0, new VcpuEnd(VcpuEndKind.Halted), 0, 0, new ExitStatistics()) { ResetTo = _template };
}
