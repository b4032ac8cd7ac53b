using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary><c>--step</c> shows instructions and changes nothing else.</summary>
public sealed class StepTests
{
    [VmFact(AlwaysInSoftware = true)]
    public Task Run_Stepped_EndsAsItDoesWithout() => CompareAsync("bare-answer");

    [VmTheory]
    [InlineData("bare-long")]
    [InlineData("hello")]
    [InlineData("bare-modes")]
    [InlineData("bare-real")]
    [InlineData("bare-sse")]
    [InlineData("bare-stub32")]
    [InlineData("crashes")]
    [InlineData("devices")]
    [InlineData("memory")]
    [InlineData("playground")]
    [InlineData("smp-barrier")]
    [InlineData("smp-counter")]
    [InlineData("smp-sum")]
    [InlineData("smp-ticket")]
    [Trait("Needs", "Speed")]
    public Task Run_SteppedInTheOtherScenarios_EndsAsItDoesWithout(string scenario) => CompareAsync(scenario);

    private static async Task CompareAsync(string scenario)
    {
        string[] arguments = ["--scenario", scenario, "--Scenario:MaxConcurrency=1"];
        var (plain, results) = await HostProcess.RunJsonAsync(arguments);
        var (stepped, steppedResults) = await HostProcess.RunJsonAsync([.. arguments, "--step", "300"]);

        Assert.Contains(": step, RIP ", stepped.Error, StringComparison.Ordinal);
        Assert.True(!TestBackend.IsSoftware || !stepped.Error.Contains("cannot step", StringComparison.Ordinal), stepped.Error);
        Assert.Equal(plain.Output, stepped.Output);
        Assert.Equal(plain.ExitCode, stepped.ExitCode);
        Assert.Equal(Summarize(results), Summarize(steppedResults));
    }

    // How each VM ended, and how often each of its vCPUs exited and why.
    private static List<string> Summarize(JsonElement results) =>
    [
        .. results.GetProperty("vms").EnumerateArray().Select(vm =>
            $"{vm.GetProperty("id")} {vm.GetProperty("outcome")} {vm.GetProperty("exitCode")} {vm.GetProperty("message")} "
            + string.Join(", ", vm.GetProperty("vcpus").EnumerateArray().Select(vcpu => $"{vcpu.GetProperty("exits")} {vcpu.GetProperty("end")}"))),
    ];
}
