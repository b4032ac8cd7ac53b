using KvmActors.Actors.Scenario;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Tests.Scenario;

public sealed class WarmStartsTests : IDisposable
{
    private static readonly VmSpec Kernel =
        Vms.Long64(new Code64().Hlt()).On(machine => machine with { Boot = BootProtocol.Elf64, Args = ["/program"] }) with { Instances = 3, Start = VmStart.Warm };

    private readonly WarmStarts _starts = new(new VmServices(new FakeHypervisor(), new RecordingOutput(), new ExitSamplingOptions()), _ => { });

    public void Dispose() => _starts.Dispose();

    [Fact]
    public void IsFirst_KernelOfSeveralInstances_TheOthersWaitUntilItIsReleased()
    {
        Assert.False(_starts.MustWait(Kernel));

        Assert.True(_starts.IsFirst(Kernel));
        Assert.True(_starts.MustWait(Kernel));

        Assert.True(_starts.Release(Kernel));
        Assert.Equal((false, false, false), (_starts.MustWait(Kernel), _starts.Release(Kernel), _starts.IsFirst(Kernel)));
    }

    [Fact]
    public void MustWait_AnotherKind_DoesNot()
    {
        _starts.IsFirst(Kernel);

        // Equal in every word, but described twice.
        Assert.False(_starts.MustWait(Kernel with { }));
        Assert.False(_starts.Release(Kernel with { }));
        Assert.True(_starts.MustWait(Kernel));
    }

    [Fact]
    public void IsFirst_NothingToWaitFor_IsFalse()
    {
        Assert.False(_starts.IsFirst(Kernel with { Instances = 1 }));
        Assert.False(_starts.IsFirst(Kernel with { Start = VmStart.Cold }));
        Assert.False(_starts.IsFirst(Kernel.On(machine => machine with { Args = [] })));
    }

    [Fact]
    public void TemplatesOf_Kind_AreItsOwnAndTheSameEachTime()
    {
        var templates = _starts.TemplatesOf(Kernel);

        Assert.NotNull(templates);
        Assert.Same(templates, _starts.TemplatesOf(Kernel));
        Assert.NotSame(templates, _starts.TemplatesOf(Kernel with { }));
        Assert.Null(_starts.ColdReasonOf(Kernel));
    }

    [Fact]
    public void ColdReasonOf_KindThatStartsCold_IsTheDecisions()
    {
        var cold = Kernel with { InheritsInput = true };

        Assert.Null(_starts.TemplatesOf(cold));
        Assert.Equal("it reads the process's own standard input, of which there is one", _starts.ColdReasonOf(cold));
    }

    [Fact]
    public void ResetFailed_Kind_IsWhyItsNextInstanceStartsCold()
    {
        _starts.ResetFailed(Kernel, "it broke");

        Assert.Equal("the VM before it could not be reset: it broke", _starts.ColdReasonOf(Kernel));
    }

    [Fact]
    public void Dispose_ScenarioIsOver_TheNextBeginsWithNothing()
    {
        _starts.IsFirst(Kernel);
        _starts.ResetFailed(Kernel, "it broke");

        _starts.Dispose();

        Assert.Equal((false, null, true), (_starts.MustWait(Kernel), _starts.ColdReasonOf(Kernel), _starts.IsFirst(Kernel)));
    }
}
