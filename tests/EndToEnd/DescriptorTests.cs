using System.Diagnostics;
using System.Text.Json;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Few descriptors for many guests: what cannot fit never starts, and what can never takes what the program needs itself.</summary>
public sealed class DescriptorTests : IDisposable
{
    private const int Guests = 12, Limit = 600, Name = 0x400;

    private readonly ScenarioFile _scenario = new($$"""
        {
          "Name": "opener", "Boot": "real16", "Image": "opener.bin", "MemoryMiB": 1, "Instances": {{Guests}}, "Start": "Cold", "Timeout": "00:01:00",
          "Files": [ { "Guest": "/data", "Host": "." } ], "Limits": { "HypercallsPerSecond": 100 }
        }
        """);

    public DescriptorTests()
    {
        // open("/data/opener.bin"), sixty times, and none of them is closed before the guest ends.
        var code = new Code16().MovDx(0x8000).MovEax(Name).MovCx(60).Label(out var start).OutDx(4).Asm(a => a.loop(start)).Hlt().DataAt(Name, "/data/opener.bin\0"u8);
        File.WriteAllBytes(Path.Combine(_scenario.Folder, "opener.bin"), code.ToArray());
    }

    public void Dispose() => _scenario.Dispose();

    [VmFact]
    public async Task Run_MoreThanTheProcessMayOpen_IsRefusedInOneLine()
    {
        var (exitCode, error) = await RunAsync();

        Assert.Equal(2, exitCode);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches("^kvmactors: Scenario: its VMs could need [0-9]+ descriptors at once, 768 of them for OpenFiles, and this process may have 600; lower", line);
    }

    // All of them at their limit at once: together they have most of what there is.
    [VmFact]
    public async Task Run_GuestsThatOpenAllTheyMay_EndWellAndTheResultsAreWritten()
    {
        var results = Path.Combine(_scenario.Folder, "results.json");

        var (exitCode, error) = await RunAsync("--Scenario:Vms:0:Limits:OpenFiles=25", "--json", results);

        Assert.True(exitCode == 0, error);
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(results));
        var vms = document.RootElement.GetProperty("vms").EnumerateArray().ToList();
        Assert.Equal(Guests, vms.Count);
        Assert.All(vms, vm => Assert.Equal(25, vm.GetProperty("limits").GetProperty("OpenFiles").GetProperty("used").GetInt32()));
    }

    private async Task<(int ExitCode, string Error)> RunAsync(params string[] more)
    {
        string[] words =
        [
            "-c", $"ulimit -n {Limit}; exec \"$@\"", "sh", "dotnet", Path.Combine(AppContext.BaseDirectory, "kvmactors.dll"),
            .. TestBackend.Arguments(["--scenario", _scenario.Path, "--quiet", .. more]),
        ];
        using var process = Process.Start(new ProcessStartInfo("sh", words) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
