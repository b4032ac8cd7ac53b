using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd;

/// <summary>The default scenario, as the README's first command runs it.</summary>
public sealed class OrwTests
{
    [KvmFact]
    public async Task Run_DefaultScenario_PrintsTheFileFourTimes()
    {
        var expected = await File.ReadAllTextAsync("/etc/os-release");

        using var host = await HostProcess.RunAsync();

        Assert.Equal(0, host.ExitCode);
        Assert.Equal(string.Concat(Enumerable.Repeat(expected, 4)), host.Output);
        Assert.Contains("reader-3", host.Error, StringComparison.Ordinal);
        Assert.Contains("4 of 4 VMs ended well", host.Error, StringComparison.Ordinal);
    }

    [KvmFact]
    public async Task Run_WithJson_WritesThePromisedDocument()
    {
        var (host, results) = await HostProcess.RunJsonAsync();
        using (host)
        {
            Assert.Equal(0, host.ExitCode);
        }

        Assert.Equal("orw", results.GetProperty("scenario").GetString());
        Assert.True(results.GetProperty("wallSeconds").GetDouble() > 0);
        Assert.Equal(4, results.GetProperty("startedVms").GetInt32());
        var vms = results.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal(["reader-0", "reader-1", "reader-2", "reader-3"], vms.Select(vm => vm.GetProperty("id").GetString()));
        Assert.All(vms, vm =>
        {
            Assert.Equal("Exited", vm.GetProperty("outcome").GetString());
            Assert.Equal(0, vm.GetProperty("exitCode").GetInt32());
            Assert.Equal(JsonValueKind.Null, vm.GetProperty("message").ValueKind);
            Assert.Equal(0, vm.GetProperty("restarts").GetInt32());
            Assert.True(vm.GetProperty("startMicros").GetDouble() > 0);
            Assert.True(vm.GetProperty("runMicros").GetDouble() > 0);
            var vcpu = Assert.Single(vm.GetProperty("vcpus").EnumerateArray());
            Assert.Equal(0, vcpu.GetProperty("index").GetInt32());
            Assert.True(vcpu.GetProperty("exits").GetProperty("Io").GetInt64() > 0);
        });

        var io = results.GetProperty("exits").GetProperty("Io");
        Assert.Equal(vms.Sum(vm => vm.GetProperty("vcpus")[0].GetProperty("exits").GetProperty("Io").GetInt64()), io.GetProperty("count").GetInt64());
        AssertPercentiles(io.GetProperty("guestMicros"));
        AssertPercentiles(io.GetProperty("hostMicros"));
        var read = results.GetProperty("hypercalls").GetProperty("read");
        Assert.True(read.GetProperty("count").GetInt64() >= 8);
        AssertPercentiles(read.GetProperty("micros"));
    }

    [KvmFact]
    public async Task Run_WithTrace_WritesSpansOfOneTrace()
    {
        using var host = await HostProcess.RunAsync("--trace");

        Assert.Equal(0, host.ExitCode);
        var spans = host.Error.Split('\n').Where(line => line.Contains(" µs", StringComparison.Ordinal) && line.Length > 10 && line[2] == ':').ToList();
        Assert.Single(spans.Select(line => line.Split(' ')[1]).Distinct());
        foreach (var name in (string[])["scenario", "vm", "vcpu", "exit", "hypercall"])
        {
            Assert.Contains(spans, line => line.Contains($" {name} ", StringComparison.Ordinal));
        }
    }

    private static void AssertPercentiles(JsonElement percentiles)
    {
        var values = ((string[])["p50", "p99", "p999", "max"]).Select(name => percentiles.GetProperty(name).GetDouble()).ToList();
        Assert.Equal(values.Order(), values);
        Assert.True(values[^1] > 0);
    }
}
