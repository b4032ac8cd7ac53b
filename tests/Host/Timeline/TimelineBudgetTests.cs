using KvmActors.Actors.Specs;
using KvmActors.Host.Tests.Support;
using KvmActors.Host.Timeline;

namespace KvmActors.Host.Tests.Timeline;

public sealed class TimelineBudgetTests : IDisposable
{
    private readonly VmSettings _vm = new();

    public void Dispose() => _vm.Dispose();

    [Theory]
    [InlineData(1 << 18, 1, 1)]
    [InlineData(1 << 16, 1, 4)]
    [InlineData(1 << 16, 2, 2)]
    [InlineData(262, 1000, 1)]
    [InlineData(64, 4096, 1)]
    [InlineData(64, 4097, 1)]
    [InlineData(64, 1_000_000, 4096)]
    public void ExitsPerVcpu_Scenario_SharesThemOutEvenly(int expected, int instances, int vcpus) =>
        Assert.Equal(expected, TimelineBudget.ExitsPerVcpu(Scenario(_vm.Accept($"Instances={instances}", $"Vcpus={vcpus}", "MemoryMiB=128"))));

    [Fact]
    public void ExitsPerVcpu_SeveralVms_CountsAllOfThem() => Assert.Equal(
        (1 << 18) / 8, TimelineBudget.ExitsPerVcpu(Scenario(_vm.Accept("Instances=3", "Vcpus=2"), _vm.Accept("Instances=2"))));

    private static ScenarioSpec Scenario(params VmSpec[] vms) => new("test", 1, vms);
}
