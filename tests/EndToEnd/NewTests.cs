using System.Diagnostics;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>A scenario to begin with: written, built by its Makefile, checked and run.</summary>
[Trait("Needs", "Speed")]
public sealed class NewTests
{
    [VmTheory]
    [Trait("Needs", "Compiler")]
    [InlineData("c", "guest.c", "Hello from mine, instance 0\nHello from mine, instance 1\n")]
    [InlineData("asm", "guest.S", "Hello from mine\n")]
    public async Task New_Guest_IsReadyToRun(string kind, string source, string output)
    {
        using var place = new ScenarioFile("{}");
        var folder = Path.Combine(place.Folder, "mine");
        using (var made = await HostProcess.RunAsync("new", folder, "--guest", kind))
        {
            Assert.Equal((0, ""), (made.ExitCode, made.Error));
            Assert.Contains($"make -C {folder} run", made.Output, StringComparison.Ordinal);
        }

        Assert.Equal(
            new[] { "Makefile", source, "mine.json", "scenario.schema.json" }.Order(StringComparer.Ordinal),
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using (var make = Process.Start(new ProcessStartInfo("make", ["-C", folder]) { RedirectStandardOutput = true, UseShellExecute = false })!)
        {
            await make.StandardOutput.ReadToEndAsync();
            await make.WaitForExitAsync();
            Assert.Equal(0, make.ExitCode);
        }

        using var check = await HostProcess.RunAsync("check", Path.Combine(folder, "mine.json"));
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        using var run = await HostProcess.RunAsync("--scenario", Path.Combine(folder, "mine.json"), "--quiet");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(output.Split('\n').Order(StringComparer.Ordinal), run.Output.Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task New_WhereSomethingIs_OverwritesNothing()
    {
        using var place = new ScenarioFile("{}");

        using var host = await HostProcess.RunAsync("new", place.Folder);

        Assert.Equal((2, $"kvmactors: new {place.Folder}: it is there already; nothing was written\n"), (host.ExitCode, host.Error));
        Assert.Equal([place.Path], Directory.GetFileSystemEntries(place.Folder));
    }

    [Theory]
    [InlineData(".x")]
    [InlineData("a b")]
    [InlineData("/")]
    [InlineData("..")]
    [InlineData("/no/such/place/\0")]
    public async Task New_NameThatIsNone_IsRefused(string name)
    {
        using var host = await HostProcess.RunAsync("new", name.Replace('\0', '!'));

        Assert.Equal(2, host.ExitCode);
        Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
