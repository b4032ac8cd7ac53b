using System.Text.Json;
using KvmActors.Host.Tests.Timeline;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The timeline of real guests.</summary>
public sealed class TimelineTests
{
    private static readonly byte[] Prints = new Code16().MovDx(0xE9).MovCx(40_000)
        .Label(out var again).MovAl((byte)'x').OutDx(1).Asm(a => a.loop(again))
        .MovAl((byte)'\n').OutDx(1).Hlt().ToArray();

    [VmFact]
    public async Task Run_Timeline_GuestAndHostAddUpToEachVcpusLife()
    {
        using var scenario = new ScenarioFile("""{ "Name": "loud", "Boot": "real16", "Image": "prints.bin", "MemoryMiB": 1, "Instances": 2, "Timeout": "00:01:00" }""");
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, "prints.bin"), Prints);

        var (document, slices) = await RunAsync(scenario, "--scenario", scenario.Path);

        Assert.Equal("0", document.GetProperty("otherData").GetProperty("droppedEvents").GetString());
        var vcpus = slices.Where(slice => slice.Category == "vcpu").ToList();
        Assert.Equal(2, vcpus.Count);
        Assert.All(vcpus, vcpu =>
        {
            var parts = slices.Where(slice => slice.Thread == vcpu.Thread && slice.Category is "guest" or "host" && slice.Thread == vcpu.Thread).ToList();
            Assert.Equal(2 * 40_002, parts.Count);
            Assert.InRange(parts.Sum(slice => slice.Duration) / (double)vcpu.Duration, 0.99, 1);
        });
    }

    [VmFact]
    public async Task Run_TimelineOfAProgram_HasItsCallsInsideItsExits()
    {
        using var scenario = new ScenarioFile(ScenarioFile.Program("hello", "\"/bin/hello\""));

        var (_, slices) = await RunAsync(scenario, "--scenario", scenario.Path);

        var hosts = slices.Where(slice => slice.Category == "host").ToList();
        var calls = slices.Where(slice => slice.Category == "hypercall").ToList();
        Assert.Contains("open", calls.Select(call => call.Name));
        Assert.Contains("write", calls.Select(call => call.Name));
        Assert.All(calls, call => Assert.Single(hosts, host => host.Thread == call.Thread && host.Start <= call.Start && call.End <= host.End));
        Assert.Equal(["starting", "Exited"], slices.Where(slice => slice.Category == "vm").Select(slice => slice.Name));
    }

    // On KVM alone: vCPUs in software take turns, and none finds another's call being served.
    [KvmFact]
    [Trait("Needs", "Speed")]
    public async Task Run_VcpusThatCallAtOnce_HaveTheActorsTrack()
    {
        // Several vCPUs that do nothing but calls.
        using var scenario = new ScenarioFile(ScenarioFile.Bare("busy", "real16", "calls.bin", """, "Vcpus": 4, "Timeout": "00:00:01" """));
        var image = Path.Combine(scenario.Folder, "calls.bin");
        await File.WriteAllTextAsync(
            scenario.Path, (await File.ReadAllTextAsync(scenario.Path)).Replace("guest/bare/calls.bin", image, StringComparison.Ordinal));
        await File.WriteAllBytesAsync(image, new Code16().Label(out var again).MovDx(0x8003).MovEax(99).OutDx(4).JmpTo(again).ToArray());

        var (_, slices) = await RunAsync(scenario, "--scenario", scenario.Path);

        var vcpus = slices.Where(slice => slice.Category == "vcpu").Select(slice => slice.Thread).ToHashSet();
        Assert.Equal(4, vcpus.Count);
        Assert.Contains(slices, slice => slice.Category == "hypercall" && !vcpus.Contains(slice.Thread));
    }

    private static async Task<(JsonElement Document, IReadOnlyList<TraceSlice> Slices)> RunAsync(ScenarioFile scenario, params string[] arguments)
    {
        var file = Path.Combine(scenario.Folder, "timeline.json");
        using var host = await HostProcess.RunAsync([.. arguments, "--timeline", file]);
        Assert.InRange(host.ExitCode, 0, 1);
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        return (document.RootElement.Clone(), TraceEventFormat.Validate(document.RootElement));
    }
}
