using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The program with guests' instructions executed in software: where it is told to, and by itself where there is no KVM.</summary>
[Trait("Needs", "Speed")]
public sealed class BackendTests
{
    private const string NoKvm = "--Kvm:Device=/nonexistent";

    [Fact]
    public async Task Run_WithoutKvm_RunsInSoftwareAndSaysSo()
    {
        var expected = await File.ReadAllTextAsync("/etc/os-release");

        var (host, results) = await HostProcess.RunJsonAsync(NoKvm);

        Assert.Equal((0, string.Concat(Enumerable.Repeat(expected, 4))), (host.ExitCode, host.Output));
        Assert.Contains("4 of 4 VMs ended well", host.Error, StringComparison.Ordinal);
        var told = Assert.Single(host.Error.Split('\n'), line => line.StartsWith("kvmactors: ", StringComparison.Ordinal));
        Assert.Contains("software", told, StringComparison.Ordinal);
        Assert.Contains("/nonexistent", told, StringComparison.Ordinal);
        Assert.Equal("Software", results.GetProperty("backend").GetString());
        Assert.All(results.GetProperty("vms").EnumerateArray(), vm => Assert.Equal("Software", vm.GetProperty("backend").GetString()));
        Assert.Equal(3, results.GetProperty("vms").EnumerateArray().Count(vm => vm.GetProperty("start").GetString() == "Warm"));
        host.Dispose();
    }

    [Theory]
    [InlineData("bare-long", "ABCD123")]
    [InlineData("hello", "Hello from ring 3!")]
    public async Task Run_InSoftware_NeedsNoKvmAndSaysNothingOfIt(string scenario, string output)
    {
        using var host = await HostProcess.RunAsync("--backend", "software", "--scenario", scenario, NoKvm);

        Assert.Equal(output, host.Output.TrimEnd('\n'));
        Assert.Equal(0, host.ExitCode);
        Assert.DoesNotContain("kvmactors: ", host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FleetInSoftware_EndsAll200()
    {
        using var host = await HostProcess.RunAsync("--scenario", "fleet", "--backend", "software");

        Assert.Equal(0, host.ExitCode);
        Assert.Equal(200, host.Output.Split('\n').Count(line => line == "Hello from ring 3!"));
        Assert.Contains("200 of 200 VMs ended well", host.Error, StringComparison.Ordinal);
        Assert.Contains("in software", host.Error, StringComparison.Ordinal);
    }

    // That a test's cases do what they are called.
    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_CaseOfATest_IsOnItsBackend()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "hello");
        host.Dispose();

        Assert.Equal(TestBackend.IsSoftware ? "Software" : "Kvm", results.GetProperty("backend").GetString());
    }

    [Theory]
    [InlineData("", "--backend software")]
    [InlineData("--scenario hello", "--backend software --scenario hello")]
    [InlineData("exec hello", "exec --backend software hello")]
    [InlineData("check hello", "check hello")]
    [InlineData("exec --backend kvm hello", "exec --backend kvm hello")]
    public void Arguments_OfATestInSoftware_HaveTheOption(string words, string expected)
    {
        TestBackend.IsSoftware = true;

        Assert.Equal(expected, string.Join(' ', TestBackend.Arguments(words.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [KvmFact]
    public async Task Run_BackendsByVm_AreToldForEach()
    {
        var (host, results) = await HostProcess.RunJsonAsync(
            "--scenario", "smp-ticket", "--Scenario:Backend=Software", "--Scenario:Vms:0:Backend=Kvm");
        host.Dispose();

        Assert.Equal("Both", results.GetProperty("backend").GetString());
        Assert.Equal(["Kvm", "Software"], results.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("backend").GetString()));
    }

    [Theory]
    [InlineData("status", "7", 7)]
    [InlineData("hello", "", 0)]
    public async Task Exec_WithoutKvm_PassesTheStatusOn(string program, string argument, int status)
    {
        var path = Path.Combine(HostProcess.Folder, "guest", "user", program);
        string[] words = argument.Length == 0 ? [path] : [path, argument];

        using var alone = await HostProcess.RunAsync(["exec", NoKvm, .. words]);
        using var asked = await HostProcess.RunAsync(["exec", "--backend", "software", .. words]);

        Assert.Equal((status, status), (alone.ExitCode, asked.ExitCode));
        Assert.Equal(asked.Output, alone.Output);
        Assert.Contains("software", Assert.Single(alone.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal("", asked.Error);
    }

    [Fact]
    public async Task Doctor_WithoutKvm_ListsBothBackends()
    {
        using var text = await HostProcess.RunAsync("doctor", NoKvm);
        using var json = await HostProcess.RunAsync("doctor", "--json", NoKvm);
        using var asked = await HostProcess.RunAsync("doctor", "--json", NoKvm, "--backend", "kvm");

        Assert.Equal((0, 0, 3), (text.ExitCode, json.ExitCode, asked.ExitCode));
        Assert.Contains("no   KVM: ", text.Output, StringComparison.Ordinal);
        Assert.Contains("yes  software", text.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(json.Output);
        var backends = document.RootElement.GetProperty("backends");
        Assert.False(backends.GetProperty("kvm").GetProperty("usable").GetBoolean());
        Assert.True(backends.GetProperty("software").GetProperty("usable").GetBoolean());
    }
}
