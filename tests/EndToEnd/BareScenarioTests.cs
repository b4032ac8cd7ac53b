using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The scenarios of guests with no kernel, each with what it must print.</summary>
public sealed class BareScenarioTests
{
    [VmTheory(AlwaysInSoftware = true)]
    [InlineData("bare-real", "a")]
    [InlineData("bare-long", "ABCD123")]
    [InlineData("bare-modes", "real\nprotected\nlong")]
    [InlineData("bare-stub32", "hello from the 64-bit kernel")]
    [InlineData("bare-answer", "Hello, world!")]
    [InlineData("smp-counter", "ok smp-counter counter: 2000\nok smp-counter counter: 16000")]
    [InlineData("smp-ticket", "ok smp-ticket counter: 64\nok smp-ticket counter: 64")]
    [InlineData("smp-barrier", "ok smp-barrier phases: 6\nok smp-barrier phases: 6")]
    [InlineData("smp-sum", "ok smp-sum sum: 8390656\nok smp-sum sum: 8390656")]
    [InlineData("smp-start", "ok smp-start started: 150\nok smp-start started: 150\nok smp-start started: 150\nok smp-start started: 150")]
    [InlineData("playground", "playground\nbank 11223344 1122334455667788\nid c0ffee01\nplayground\nbank 11223344 1122334455667788\nid c0ffee01")]
    [InlineData("memory", "ABCD123ABCD123ABCD123ABCD123ABCD123ABCD123")]
    public async Task Run_Scenario_PrintsWhatItShould(string scenario, string output)
    {
        using var host = await HostProcess.RunAsync("--scenario", scenario);

        Assert.Equal(output, host.Output.TrimEnd('\n'));
        Assert.Equal(0, host.ExitCode);
    }

    [VmFact]
    public async Task Run_Answer_ReportsRaxAndMemory()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "bare-answer");
        host.Dispose();

        var vm = Assert.Single(results.GetProperty("vms").EnumerateArray());
        Assert.Equal("Halted", vm.GetProperty("outcome").GetString());
        Assert.Equal("0x2a", vm.GetProperty("vcpus")[0].GetProperty("registers").GetProperty("rax").GetString());
        var readBack = Assert.Single(vm.GetProperty("readBack").EnumerateArray());
        Assert.Equal(("0x400", "2a000000"), (readBack.GetProperty("address").GetString(), readBack.GetProperty("bytes").GetString()));
    }

    [VmFact]
    public async Task Run_SixteenVcpus_EachReportsItsOwnExitsAndEnd()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "smp-counter");
        host.Dispose();

        var vcpus = results.GetProperty("vms")[1].GetProperty("vcpus").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(0, 16), vcpus.Select(vcpu => vcpu.GetProperty("index").GetInt32()));
        Assert.All(vcpus, vcpu =>
        {
            Assert.Equal(("Exited", 0), (vcpu.GetProperty("end").GetString(), vcpu.GetProperty("exitCode").GetInt32()));
            Assert.True(vcpu.GetProperty("exits").GetProperty("Io").GetInt64() >= 1);
        });

        // Only the first one prints.
        var exits = vcpus.Select(vcpu => vcpu.GetProperty("exits").GetProperty("Io").GetInt64()).ToList();
        Assert.All(exits.Skip(1), count => Assert.True(count < exits[0]));
    }

    [VmFact]
    public async Task Run_Devices_ReportsWhatTheySaw()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "devices");
        using (host)
        {
            Assert.Equal(0, host.ExitCode);
            Assert.Contains("HELLO FROM STANDARD INPUT\n", host.Output, StringComparison.Ordinal);
            Assert.Contains("line 18 of coalesced output\ndone\n", host.Output, StringComparison.Ordinal);
            Assert.Contains("by outsl: abcdefgh.\nby insb: wxyz\n", host.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("still here", host.Output, StringComparison.Ordinal);
        }

        var doorbell = Vm("doorbell-0");
        Assert.Equal([1000, 3], doorbell.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("count").GetInt64()));
        Assert.False(doorbell.GetProperty("vcpus")[0].GetProperty("exits").TryGetProperty("Io", out _));

        var bank = Assert.Single(Vm("bank-0").GetProperty("devices").EnumerateArray());
        Assert.Equal(6, bank.GetProperty("count").GetInt64());
        var first = bank.GetProperty("writes")[0];
        Assert.Equal(
            ("0x8", 8, "0x1122334455667788"),
            (first.GetProperty("offset").GetString(), first.GetProperty("size").GetInt32(), first.GetProperty("value").GetString()));
        Assert.Equal(("Exited", 42), (Vm("exit-0").GetProperty("outcome").GetString(), Vm("exit-0").GetProperty("exitCode").GetInt32()));

        JsonElement Vm(string id) => results.GetProperty("vms").EnumerateArray().Single(vm => vm.GetProperty("id").GetString() == id);
    }
}
