using System.Diagnostics;
using System.Text.Json;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Guests whose output nobody reads, though nobody has closed it either.</summary>
public sealed class StalledOutputTests : IDisposable
{
    // mov dx, 0xE9; mov al, 'x'; out dx, al, for ever.
    private static readonly byte[] Flood = [0xBA, 0xE9, 0x00, 0xB0, (byte)'x', 0xEE, 0xEB, 0xFD];

    private readonly ScenarioFile _scenario = new(
        Vm("first", "00:00:01"), Vm("second", "00:00:01.5"), ScenarioFile.Bare("quiet", "long64", "spin.bin", """, "Timeout": "00:00:01" """));

    private readonly string _fifo;
    private readonly FileStream _reader;

    public StalledOutputTests()
    {
        File.WriteAllBytes(Path.Combine(_scenario.Folder, "flood.bin"), Flood);
        _fifo = Path.Combine(_scenario.Folder, "fifo");
        using (var mkfifo = Process.Start("mkfifo", [_fifo]))
        {
            mkfifo.WaitForExit();
        }

        // For writing, too, so that opening it waits for nobody.
        _reader = new FileStream(_fifo, FileMode.Open, FileAccess.ReadWrite);
    }

    private string Json => Path.Combine(_scenario.Folder, "out.json");

    public void Dispose()
    {
        _reader.Dispose();
        _scenario.Dispose();
    }

    [VmFact]
    public async Task Run_NobodyReadsStandardOutput_EveryVmTimesOut()
    {
        using var host = await HostProcess.RunByShellAsync($"exec \"$@\" >'{_fifo}'", "--scenario", _scenario.Path, "--json", Json);

        Assert.Equal(1, host.ExitCode);
        Assert.Equal(["TimedOut", "TimedOut", "TimedOut"], Outcomes());
    }

    [VmTheory]
    [InlineData(">'{0}'")]
    [InlineData("2>'{0}' >&2")]
    public async Task Run_NobodyReads_EndsWhenItIsAskedTo(string redirection)
    {
        var shell = "exec \"$@\" " + redirection.Replace("{0}", _fifo, StringComparison.Ordinal);
        using var host = HostProcess.StartByShell(shell, "--scenario", _scenario.Path, "--json", Json, "--Scenario:Vms:0:Timeout=00:10:00");
        await UntilStuckAsync(host);

        host.Signal("TERM");
        await host.WaitAsync();

        Assert.Equal(130, host.ExitCode);
        Assert.Equal("Cancelled", Outcomes()[0]);
    }

    private static string Vm(string name, string timeout) =>
        $$"""{ "Name": "{{name}}", "Boot": "real16", "Image": "flood.bin", "MemoryMiB": 1, "Timeout": "{{timeout}}" }""";

    private string[] Outcomes()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Json));
        return [.. document.RootElement.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("outcome").GetString()!)];
    }

    // A thread in pipe_write.
    private static async Task UntilStuckAsync(HostProcess host)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(60));
        while (!Directory.GetDirectories($"/proc/{host.Id}/task").Any(task => Syscall(task).StartsWith("1 ", StringComparison.Ordinal)))
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static string Syscall(string task)
    {
        try
        {
            return File.ReadAllText(task + "/syscall");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
