using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Processor;

public sealed class VcpuPoolTests : IDisposable
{
    private static readonly VcpuStart Start = new(0x1000, 0x2000, 3, default);

    private readonly VmStopSignal _stop = new();
    private readonly List<int> _brought = [];
    private readonly FakeHypervisor _machine = new();
    private readonly VcpuPool _pool;

    public VcpuPoolTests()
    {
        _pool = new VcpuPool(_machine) { Limit = 3 };
        _pool.Bring = index =>
        {
            _brought.Add(index);
            _pool.Add(new FakeVcpu(index));
        };
    }

    public void Dispose() => _stop.Dispose();

    [Fact]
    public void Start_OfANewVcpu_BringsItAndGivesItItsStartOnce()
    {
        Assert.Equal(Errno.None, _pool.Start(1, Start, _stop));

        Assert.Equal([1], _brought);
        Assert.True(_pool.HasStarted);
        Assert.Same(Start, _pool.TakeStart(1));
        Assert.Null(_pool.TakeStart(1));
    }

    [Fact]
    public void Start_OfAVcpuThatRuns_IsRefused()
    {
        _pool.Start(1, Start, _stop);

        Assert.Equal(Errno.EINVAL, _pool.Start(1, Start, _stop));
    }

    [Fact]
    public void Start_OfAParkedVcpu_WakesItAndBringsNothing()
    {
        _pool.Start(1, Start, _stop);
        _pool.Park(1);
        var vcpu = (FakeVcpu)_pool.Find(1)!;

        Assert.Equal(Errno.None, _pool.Start(1, Start, _stop));

        Assert.Equal([1], _brought);
        Assert.Equal(1, vcpu.Wakes);
    }

    [Fact]
    public void Start_OfAVcpuThatIsThereFromTheBeginning_IsRefused()
    {
        Assert.Equal(Errno.EINVAL, _pool.Start(0, Start, _stop));
        Assert.Empty(_brought);
    }

    [Fact]
    public void Start_BeyondTheLimit_FindsNone()
    {
        Assert.Equal(Errno.EAGAIN, _pool.Start(3, Start, _stop));
        Assert.Empty(_brought);
        Assert.False(_pool.HasStarted);
    }

    [Fact]
    public void Start_WhereNoVcpuCanBeStarted_FindsNone() => Assert.Equal(Errno.EAGAIN, new VcpuPool { Limit = 9 }.Start(1, Start, _stop));

    [Fact]
    public void Start_OfOneThatCannotBeHad_FailsAndMayBeTriedAgain()
    {
        var bring = _pool.Bring;
        _pool.Bring = _pool.Fail;
        Assert.Equal(Errno.EAGAIN, _pool.Start(2, Start, _stop));

        _pool.Bring = bring;

        Assert.Equal(Errno.None, _pool.Start(2, Start, _stop));
    }

    [Fact]
    public void Start_WhileTheVmStops_WaitsForNobody()
    {
        _pool.Bring = static _ => { };
        _stop.Request();

        Assert.Equal(Errno.EAGAIN, _pool.Start(1, Start, _stop));
    }

    [Fact]
    public void Renew_ForAnotherGuest_ForgetsStartsAndNoticesButKeepsVcpus()
    {
        _pool.Start(1, Start, _stop);
        var vcpu = (FakeVcpu)_pool.Find(1)!;
        vcpu.Notify();

        _pool.Renew();

        Assert.Null(_pool.TakeStart(1));
        Assert.False(_pool.HasStarted);
        Assert.False(vcpu.HasNotice);
        Assert.Same(vcpu, _pool.Find(1));
        Assert.Equal(Errno.None, _pool.Start(1, Start, _stop));
        Assert.Equal([1, 1], _brought);
    }

    [Fact]
    public void FlushOthers_BeforeAnyWasStarted_AsksNobody()
    {
        _pool.FlushOthers(0);
        _pool.Start(1, Start, _stop);
        _pool.FlushOthers(1);

        Assert.Equal([1], _machine.Flushers);
    }

    [Fact]
    public void Find_OfANumberThatNobodyHas_IsNull()
    {
        Assert.Null(_pool.Find(-1));
        Assert.Null(_pool.Find(1000));
        _pool.Wake(1000);
    }

    [Fact]
    public void ApplyTo_Vcpu_SetsWhatItBeginsWithAndLeavesItsApic()
    {
        var vcpu = new FakeVcpu(1);
        vcpu.SetSpecialRegisters(new kvm_sregs { apic_base = 0xFEE0_0000, cr3 = 1 });
        vcpu.SetRegisters(new kvm_regs { rax = 5 });

        new VcpuStart(0x1000, 0x2000, 3, new kvm_sregs { cr3 = 0x9000, apic_base = 0xFEE0_0900 }).ApplyTo(vcpu);

        Assert.Equal((0x9000UL, 0xFEE0_0000UL), (vcpu.GetSpecialRegisters().cr3, vcpu.GetSpecialRegisters().apic_base));
        var registers = vcpu.GetRegisters();
        Assert.Equal((0x1000UL, 0x2000UL, 3UL, 0UL, 2UL), (registers.rip, registers.rsp, registers.rdi, registers.rax, registers.rflags));
    }
}
