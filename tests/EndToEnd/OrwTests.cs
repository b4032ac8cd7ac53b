using System.Text.Json;
using System.Text.RegularExpressions;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The default scenario, as the README's first command runs it.</summary>
public sealed class OrwTests
{
    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_DefaultScenario_PrintsTheFileFourTimes()
    {
        var expected = await File.ReadAllTextAsync("/etc/os-release");

        using var host = await HostProcess.RunAsync();

        Assert.Equal(0, host.ExitCode);
        Assert.Equal(string.Concat(Enumerable.Repeat(expected, 4)), host.Output);
        Assert.Contains("reader-3", host.Error, StringComparison.Ordinal);
        Assert.Contains("4 of 4 VMs ended well", host.Error, StringComparison.Ordinal);
    }

    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_WithJson_WritesThePromisedDocument()
    {
        var (host, results) = await HostProcess.RunJsonAsync();
        using (host)
        {
            Assert.Equal(0, host.ExitCode);
        }

        Assert.Equal("orw", results.GetProperty("scenario").GetString());
        Assert.Equal(1, results.GetProperty("schemaVersion").GetInt32());
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", results.GetProperty("programVersion").GetString());
        Assert.InRange(results.GetProperty("startedAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow);
        Assert.Equal(Environment.ProcessorCount, results.GetProperty("machine").GetProperty("processors").GetInt32());
        Assert.Equal("/dev/kvm", results.GetProperty("machine").GetProperty("kvm").GetProperty("device").GetString());
        Assert.Equal((4, false), (results.GetProperty("askedVms").GetInt32(), results.GetProperty("interrupted").GetBoolean()));
        Assert.All(results.GetProperty("vms").EnumerateArray(), vm => Assert.True(vm.GetProperty("succeeded").GetBoolean()));
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

        // Every port access is at a port, and this scenario's one VM name has it all.
        Assert.Equal(
            io.GetProperty("count").GetInt64(),
            results.GetProperty("sites").EnumerateObject().Where(site => site.Name.StartsWith("port 0x", StringComparison.Ordinal))
                .Sum(site => site.Value.GetProperty("count").GetInt64()));
        Assert.True(JsonElement.DeepEquals(results.GetProperty("sites"), results.GetProperty("byVm").EnumerateObject().Single().Value.GetProperty("sites")));
    }

    [VmFact]
    public async Task Run_WithTrace_WritesOneTree()
    {
        using var host = await HostProcess.RunAsync("--trace");

        Assert.Equal(0, host.ExitCode);
        var lines = host.Error.Split('\n');
        Assert.Single(lines, line => Regex.IsMatch(line, "^[0-9:.]+ [0-9a-f]{8} scenario ", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.Equal(4, lines.Count(line => line.Contains(" ms vm ", StringComparison.Ordinal)));
        foreach (var (indent, name) in ((string, string)[])[("├─ ", "vm"), ("│  ├─ ", "vcpu"), ("│  │  ├─ ", "exit"), ("│  │  ├─ ", "hypercall")])
        {
            Assert.Contains(lines, line => line.StartsWith(indent, StringComparison.Ordinal) && line.Contains($" ms {name} ", StringComparison.Ordinal));
        }
    }

    private static void AssertPercentiles(JsonElement percentiles)
    {
        var values = ((string[])["p50", "p90", "p99", "p999", "max"]).Select(name => percentiles.GetProperty(name).GetDouble()).ToList();
        Assert.Equal(values.Order(), values);
        Assert.True(values[^1] > 0);
        Assert.InRange(percentiles.GetProperty("mean").GetDouble(), 0, values[^1]);
    }
}
