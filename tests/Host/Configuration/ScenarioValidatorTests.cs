using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Tests.Configuration;

public sealed class ScenarioValidatorTests : IDisposable
{
    private static readonly string[] Basis =
    [
        "Vms:0:Name=first", "Vms:0:Boot=long64", "Vms:0:Image=image.bin", "Vms:1:Name=second", "Vms:1:Boot=elf64", "Vms:1:Image=kernel.elf",
    ];

    private readonly VmSettings _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Validate_Scenario_HasItsVmsInOrder()
    {
        var scenario = Validate("Name=pair", "MaxConcurrency=2");

        Assert.Equal(("pair", 2), (scenario.Name, scenario.MaxConcurrency));
        Assert.Equal(["first", "second"], scenario.Vms.Select(vm => vm.Name));
    }

    [Fact]
    public void Validate_ShutdownAndMemory_ReachTheScenario()
    {
        var scenario = Validate("ShutdownGrace=00:00:03", "OvercommitMemory=true");

        Assert.Equal((TimeSpan.FromSeconds(3), true), (scenario.ShutdownGrace, scenario.OvercommitsMemory));
        Assert.Equal((TimeSpan.FromSeconds(10), false), (Validate().ShutdownGrace, Validate().OvercommitsMemory));
    }

    [Fact]
    public void Validate_Backend_IsTheScenariosWhereAVmSaysNone()
    {
        Assert.Equal([Backend.Auto, Backend.Auto], Validate().Vms.Select(vm => vm.Backend));
        Assert.Equal([Backend.Software, Backend.Kvm], Validate("Backend=software", "Vms:1:Backend=Kvm").Vms.Select(vm => vm.Backend));
        Assert.Equal([Backend.Software, Backend.Auto], Validate("Vms:0:Backend=Software").Vms.Select(vm => vm.Backend));
    }

    [Fact]
    public void Validate_WithoutAName_IsCalledAsItsFile()
    {
        var scenario = Validate();

        Assert.Equal(("scenario", 16), (scenario.Name, scenario.MaxConcurrency));
    }

    [Fact]
    public void Validate_NamesThatDifferInCase_AreTwo() => Assert.Equal(2, Validate("Vms:1:Name=FIRST").Vms.Count);

    [Theory]
    [InlineData("Scenario:MaxConcurrency: 0 is not from 1 to 100000", "MaxConcurrency=0")]
    [InlineData("Scenario:MaxConcurrency: 100001 is not from 1 to 100000", "MaxConcurrency=100001")]
    [InlineData("Scenario:ShutdownGrace: 00:00:00 is not more than 0 and at most 24 days", "ShutdownGrace=00:00:00")]
    [InlineData("Scenario:ShutdownGrace: 25.00:00:00 is not more than 0 and at most 24 days", "ShutdownGrace=25.00:00:00")]
    [InlineData("Scenario:Vms:1:Name: another VM is called first too", "Vms:1:Name=first")]
    [InlineData("Scenario:Vms:1:Vcpus: 0 is not from 1 to 4096", "Vms:1:Vcpus=0")]
    [InlineData("Scenario:Backend: 'Qemu' is unknown; use one of Auto, Kvm, Software", "Backend=Qemu")]
    [InlineData("Scenario:Vms:1:Backend: '1' is unknown; use one of Auto, Kvm, Software", "Vms:1:Backend=1")]
    public void Validate_OneThingWrong_IsSaid(string problem, params string[] settings) => Assert.Equal([problem], Refuse(Basis.Concat(settings)));

    [Fact]
    public void Validate_NoVms_IsRefused() => Assert.Equal(["Scenario:Vms: there is no VM in it"], Refuse([]));

    [Fact]
    public void Validate_SeveralThingsWrong_AreSaidInOneGo()
    {
        var problems = Refuse([.. Basis, "MaxConcurrency=0", "Vms:0:Instances=0", "Vms:1:Image=none.elf"]);

        Assert.Equal(["Scenario:MaxConcurrency", "Scenario:Vms:0:Instances", "Scenario:Vms:1:Image"], problems.Select(problem => problem.Split(": ")[0]));
    }

    private Actors.Specs.ScenarioSpec Validate(params string[] settings) =>
        new ScenarioValidator(_files.ScenarioFile).Validate(Settings.Read<ScenarioOptions>(Basis.Concat(settings)));

    private IReadOnlyList<string> Refuse(IEnumerable<string> settings) => Assert.Throws<ConfigurationException>(
        () => new ScenarioValidator(_files.ScenarioFile).Validate(Settings.Read<ScenarioOptions>(settings))).Problems;
}
