using System.Text.Json;
using KvmActors.EndToEnd.Tests;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Abilities.Tests;

public sealed class DoctorTests
{
    [KvmFact]
    public async Task Doctor_Json_HasEveryAbilityAndTheLimits()
    {
        using var host = await HostProcess.RunAsync("doctor", "--json");
        using var document = JsonDocument.Parse(host.Output);
        var root = document.RootElement;

        Assert.Equal(0, host.ExitCode);
        Assert.True(root.GetProperty("usable").GetBoolean());
        var abilities = root.GetProperty("abilities").EnumerateObject().ToDictionary(ability => ability.Name, ability => ability.Value);
        Assert.Equal(Enum.GetNames<KvmAbility>().Length, abilities.Count);
        foreach (var finding in TestMachine.Abilities.FindAll())
        {
            var found = abilities[JsonNamingPolicy.CamelCase.ConvertName(finding.Ability.ToString())];
            Assert.Equal(finding.IsPresent, found.GetProperty("present").GetBoolean());
            Assert.NotEqual("", found.GetProperty("detail").GetString());
        }

        Assert.InRange(root.GetProperty("limits").GetProperty("maxVcpus").GetInt32(), 1, int.MaxValue);
        Assert.InRange(root.GetProperty("limits").GetProperty("memorySlots").GetInt32(), 1, int.MaxValue);
        Assert.InRange(root.GetProperty("limits").GetProperty("physicalAddressBits").GetInt32(), 32, 52);
        Assert.InRange(root.GetProperty("machine").GetProperty("memoryBytes").GetInt64(), 1, long.MaxValue);
    }

    [KvmFact]
    public async Task Doctor_Text_HasALineForEachAbilityAndAdviceForEachMissingOne()
    {
        using var host = await HostProcess.RunAsync("doctor");

        Assert.Equal(0, host.ExitCode);
        Assert.Equal("", host.Error);
        var parts = host.Output.Split("Around threads that serve a guest:\n");
        Assert.Equal(3, parts[1].TrimEnd('\n').Split('\n').Count(line => line.StartsWith("yes ", StringComparison.Ordinal) || line.StartsWith("no ", StringComparison.Ordinal)));
        Assert.Contains("\nyes  KVM\nyes  software", parts[0], StringComparison.Ordinal);
        var lines = parts[0].Split("yes  software")[1].Split('\n');
        var findings = TestMachine.Abilities.FindAll();
        Assert.Equal(findings.Count(finding => finding.IsPresent), lines.Count(line => line.StartsWith("yes ", StringComparison.Ordinal)));
        var missing = lines.Index().Where(line => line.Item.StartsWith("no ", StringComparison.Ordinal)).ToList();
        Assert.Equal(findings.Count(finding => !finding.IsPresent), missing.Count);
        Assert.All(missing, line => Assert.StartsWith("     ", lines[line.Index + 1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_WithoutKvm_SaysSoAndThatThereIsSoftware()
    {
        var environment = new Dictionary<string, string> { ["Kvm__Device"] = "/dev/null" };
        using var text = await HostProcess.RunAsync(environment, "doctor");
        using var json = await HostProcess.RunAsync(environment, "doctor", "--json");
        using var document = JsonDocument.Parse(json.Output);

        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Single(text.Output.Split('\n'), line => line.StartsWith("no   KVM: ", StringComparison.Ordinal) && line.Contains("/dev/null", StringComparison.Ordinal));
        Assert.Contains("yes  software", text.Output, StringComparison.Ordinal);
        Assert.Equal(0, json.ExitCode);
        Assert.False(document.RootElement.GetProperty("usable").GetBoolean());
        Assert.Contains("/dev/null", document.RootElement.GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [KvmFact]
    public void Find_Twice_RunsTheGuestOnce() =>
        Assert.Same(TestMachine.Abilities.Find(KvmAbility.StringIoBatching), TestMachine.Abilities.Find(KvmAbility.StringIoBatching));

    [KvmFact]
    public async Task Abilities_AgreeWithWhatScenariosSee()
    {
        var (sse, sseResults) = await HostProcess.RunJsonAsync("--scenario", "bare-sse");
        using (sse)
        {
            var outcome = sseResults.GetProperty("vms")[0].GetProperty("outcome").GetString();
            Assert.Equal(TestMachine.Abilities.Has(KvmAbility.Ring0Sse) ? "Halted" : "Crashed", outcome);
        }

        // The guest that faults three times has its place in the report where KVM leaves the registers alone.
        var (crashes, crashResults) = await HostProcess.RunJsonAsync("--scenario", "crashes");
        using (crashes)
        {
            var rip = crashResults.GetProperty("vms").EnumerateArray().Single(vm => vm.GetProperty("id").GetString() == "triple-fault-0")
                .GetProperty("crash").GetProperty("registers").GetProperty("rip").GetString();
            Assert.Equal(TestMachine.Abilities.Has(KvmAbility.RegistersAfterShutdown), rip != "0xfff0");
        }
    }
}
