using KvmActors.Actors.Specs;
using KvmActors.Host.Tests.Support;
using KvmActors.Library.Hosting;
using KvmActors.Linux.Files;
using KvmActors.Machine.Devices;

namespace KvmActors.Host.Tests.Running;

public sealed class DescriptorPlanTests : IDisposable
{
    private const int Plain = 2 + 1, Mapped = Plain + 4 + 1, Description = 10, Reserve = 64;

    private readonly VmSettings _vm = new();
    private readonly VmSpec _plain;
    private readonly VmSpec _reader;

    public DescriptorPlanTests()
    {
        _plain = _vm.Accept();
        _reader = _plain with { Files = [new FileMapping("/data", "/", MappingAccess.Read)], Instances = 12 };
    }

    public void Dispose() => _vm.Dispose();

    [Fact]
    public void FindProblem_TwelveReaders_NeedAllTheirFilesAtOnce()
    {
        var scenario = Scenario(16, _reader);
        var needed = (12 * (Mapped + 64)) + Description + 1 + Reserve + 20;

        Assert.Null(DescriptorPlan.FindProblem(scenario, needed, open: 20));
        Assert.Equal(
            $"Scenario: its VMs could need {needed} descriptors at once, {12 * 64} of them for OpenFiles, and this process may have {needed - 1}; "
            + "lower Scenario:MaxConcurrency or Limits:OpenFiles, or raise ulimit -n",
            DescriptorPlan.FindProblem(scenario, needed - 1, open: 20));
    }

    [Fact]
    public void FindProblem_FewAtOnce_CountsThoseThatNeedMost()
    {
        var scenario = Scenario(5, _plain with { Instances = 1000 }, _reader with { Instances = 3 });
        var needed = (3 * (Mapped + 64)) + (2 * Plain) + (2 * Description) + 1 + Reserve;

        Assert.Null(DescriptorPlan.FindProblem(scenario, needed, open: 0));
        Assert.NotNull(DescriptorPlan.FindProblem(scenario, needed - 1, open: 0));
    }

    // They can open nothing of the host's.
    [Fact]
    public void FindProblem_NoMappings_NeedNoFiles() =>
        Assert.Null(DescriptorPlan.FindProblem(Scenario(1000, _plain with { Instances = 1000 }), (1000 * Plain) + Description + Reserve, open: 0));

    [Fact]
    public void FindProblem_Doorbell_NeedsOneMore()
    {
        var scenario = Scenario(1, _vm.Accept("Devices:0:Type=Doorbell", "Devices:0:Port=0x510"));

        Assert.Single(scenario.Vms[0].Machine.Devices.OfType<DoorbellSpec>());
        Assert.NotNull(DescriptorPlan.FindProblem(scenario, Plain + Description + Reserve, open: 0));
        Assert.Null(DescriptorPlan.FindProblem(scenario, Plain + 1 + Description + Reserve, open: 0));
    }

    private static ScenarioSpec Scenario(int maxConcurrency, params VmSpec[] vms) => new("test", maxConcurrency, vms);
}
