using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Host.Tests.Running;

/// <summary>Which of a scenario's VMs run on KVM, and which in software.</summary>
public sealed class BackendsTests : IDisposable
{
    private const string Nowhere = "/dev/does-not-exist";

    private readonly VmSettings _vm = new();

    public void Dispose() => _vm.Dispose();

    [Fact]
    public void Open_NoKvm_AutoIsSoftwareAndSaysWhy()
    {
        using var backends = Backends.Open(Scenario(Backend.Auto, Backend.Software), null, Nowhere);

        Assert.Equal([Backend.Software, Backend.Software], Decided(backends));
        Assert.StartsWith("VMs run in software", backends.Note, StringComparison.Ordinal);
        Assert.Contains(Nowhere, backends.Note, StringComparison.Ordinal);
        Assert.Contains("ENOENT", backends.Note, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', backends.Note!);
        Assert.Equal(Backend.Software, backends.CreateServices(new RecordingOutput(), new ExitSamplingOptions()).Hypervisor.Backend);
        Assert.True(backends.StepsRing3(backends.Scenario.Vms[0]));
        Assert.False(backends.CheckStepping());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Backend.Kvm)]
    public void Open_NoKvmThatIsAskedFor_IsRefusedWithTheRemedies(Backend? asked)
    {
        var scenario = asked is null ? Scenario(Backend.Auto, Backend.Kvm) : Scenario(Backend.Software);

        var message = Assert.Throws<KvmUnavailableException>(() => Backends.Open(scenario, asked, Nowhere)).Message;

        Assert.Contains("modprobe", message, StringComparison.Ordinal);
        Assert.EndsWith("--backend software.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Backend.Software)]
    public void Open_AllInSoftware_LooksForNoKvm(Backend? asked)
    {
        using var backends = Backends.Open(Scenario(asked is null ? Backend.Software : Backend.Kvm), asked, Nowhere);

        Assert.Equal([Backend.Software], Decided(backends));
        Assert.Null(backends.Note);
    }

    [Fact]
    public void CheckInSoftware_AllInSoftware_IsFine()
    {
        using var backends = Backends.Open(Scenario(Backend.Software), null, Nowhere);

        backends.CheckInSoftware("--until", isGiven: true);
    }

    [KvmFact]
    public void CheckInSoftware_OneOnKvm_IsRefusedByNameIfGiven()
    {
        using var backends = Backends.Open(Scenario(Backend.Software, Backend.Kvm), null, KvmDevice.DefaultPath);

        backends.CheckInSoftware("--until", isGiven: false);
        var error = Assert.Throws<ConfigurationException>(() => backends.CheckInSoftware("--until", isGiven: true));
        Assert.StartsWith($"--until: {backends.Scenario.Vms[1].Name} runs on KVM", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [KvmFact]
    public void Open_Kvm_EachHasWhatItAsksFor()
    {
        using var backends = Backends.Open(Scenario(Backend.Auto, Backend.Software, Backend.Kvm), null, KvmDevice.DefaultPath);

        Assert.Equal([Backend.Kvm, Backend.Software, Backend.Kvm], Decided(backends));
        Assert.Null(backends.Note);
        var services = backends.CreateServices(new RecordingOutput(), new ExitSamplingOptions());
        Assert.All(Decided(backends), backend => Assert.Equal(backend, services.FindHypervisor(backend)?.Backend));
    }

    [KvmFact]
    public void Open_AskedForAll_GoesBeforeTheScenario()
    {
        using var backends = Backends.Open(Scenario(Backend.Software, Backend.Kvm), Backend.Auto, KvmDevice.DefaultPath);

        Assert.Equal([Backend.Kvm, Backend.Kvm], Decided(backends));
    }

    [KvmFact]
    public void Open_MoreVcpusThanKvmGives_MattersOnKvmAlone()
    {
        var fine = _vm.Accept();
        int most;
        using (var device = KvmDevice.Open())
        {
            most = KvmLimits.Of(device).MaxVcpus;
        }

        var big = fine with { Plan = BootPlans.For(fine.Machine with { Vcpus = most + 1 }) };

        using (Backends.Open(new ScenarioSpec("test", 1, [fine, big with { Backend = Backend.Software }]), null, KvmDevice.DefaultPath))
        {
            Assert.Throws<ConfigurationException>(() => Backends.Open(new ScenarioSpec("test", 1, [fine, big]), null, KvmDevice.DefaultPath));
        }
    }

    [Theory]
    [InlineData(Backend.Software, true, null)]
    [InlineData(Backend.Software, false, "--deterministic true")]
    [InlineData(Backend.Kvm, true, "--backend software")]
    public void Open_MaxInstructions_OnlyWhereTheyAreCounted(Backend backend, bool isDeterministic, string? remedy)
    {
        if (backend == Backend.Kvm && KvmRequirement.SkipReason is not null)
        {
            // It is refused for another reason.
            return;
        }

        var scenario = new ScenarioSpec("test", 1, [_vm.Accept("Limits:MaxInstructions=5") with { Backend = backend }]) { IsDeterministic = isDeterministic };

        var problem = Record.Exception(() => Backends.Open(scenario, null, KvmDevice.DefaultPath).Dispose());

        Assert.Equal(remedy is null, problem is null);
        Assert.Contains(remedy ?? "", problem?.Message ?? "", StringComparison.Ordinal);
        Assert.True(problem is null or ConfigurationException, problem?.ToString());
    }

    private static IEnumerable<Backend> Decided(Backends backends) => backends.Scenario.Vms.Select(vm => vm.Backend);

    private ScenarioSpec Scenario(params Backend[] wishes) => new("test", 1, [.. wishes.Select(wish => _vm.Accept() with { Backend = wish })]);
}
