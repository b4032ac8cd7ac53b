using System.Text.Json;
using KvmActors.Host.Tests.Timeline;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The timeline of real guests.</summary>
public sealed class TimelineTests
{
    // mov cx, 40000; again: mov al, 'x'; out 0xe9, al; loop again; mov al, '\n'; out 0xe9, al; hlt
    private static readonly byte[] Prints = [0xB9, 0x40, 0x9C, 0xB0, 0x78, 0xE6, 0xE9, 0xE2, 0xFA, 0xB0, 0x0A, 0xE6, 0xE9, 0xF4];

    [KvmFact]
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

    [KvmFact]
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

    [KvmFact]
    public async Task Run_VcpusThatCallAtOnce_HaveTheActorsTrack()
    {
        // Several vCPUs that do nothing but calls: some find another's being served.
        using var scenario = new ScenarioFile(ScenarioFile.Bare("busy", "real16", "calls.bin", """, "Vcpus": 4, "Timeout": "00:00:01" """));
        var image = Path.Combine(scenario.Folder, "calls.bin");
        await File.WriteAllTextAsync(
            scenario.Path, (await File.ReadAllTextAsync(scenario.Path)).Replace("guest/bare/calls.bin", image, StringComparison.Ordinal));

        // again: mov dx, 0x8003; mov eax, 99; out dx, eax; jmp again
        await File.WriteAllBytesAsync(image, [0xBA, 0x03, 0x80, 0x66, 0xB8, 0x63, 0, 0, 0, 0x66, 0xEF, 0xEB, 0xF3]);

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
