using System.Globalization;
using System.IO.Compression;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.EndToEnd.Tests.Debugging;

/// <summary><c>--trace-instructions</c>: every instruction of a run, in a compressed file.</summary>
[Trait("Needs", "Speed")]
public sealed class InstructionTraceTests
{
    [Theory]
    [InlineData("bare-answer", "a.gz")]
    [InlineData("hello", "a.br")]
    public async Task Run_Traced_HasEveryInstructionAndChangesNothing(string scenario, string name)
    {
        using var folder = new TempFolder();
        string[] arguments = ["--scenario", scenario, "--backend", "software", "--Scenario:MaxConcurrency=1"];
        using var plain = await HostProcess.RunAsync(arguments);

        using var traced = await HostProcess.RunAsync([.. arguments, "--trace-instructions", folder[name]]);

        Assert.Equal((plain.ExitCode, plain.Output), (traced.ExitCode, traced.Output));
        var lines = await ReadAsync(folder[name]);
        Assert.StartsWith("# vm\t", lines[0], StringComparison.Ordinal);
        var instructions = lines.Skip(1).Select(line => line.Split('\t')).Where(fields => !fields[4].StartsWith('(')).ToList();
        Assert.All(instructions, fields => Assert.Equal(6, fields.Length));
        foreach (var vcpu in instructions.GroupBy(fields => $"{fields[0]}/{fields[1]}"))
        {
            Assert.Equal(Enumerable.Range(1, vcpu.Count()).Select(count => count.ToString(CultureInfo.InvariantCulture)), vcpu.Select(fields => fields[2]));
        }

        Assert.Contains(instructions, fields => fields[4].StartsWith("out ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_TracedToAFullDisk_IsALineAndExitCode4()
    {
        using var host = await HostProcess.RunAsync(
            "--scenario", "bare-answer", "--backend", "software", "--quiet", "--trace-instructions", "/dev/full");

        Assert.Equal((4, "Hello, world!\n"), (host.ExitCode, host.Output));
        Assert.StartsWith("kvmactors: --trace-instructions /dev/full: ", Assert.Single(host.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TracedUntilACount_HasSoMany()
    {
        using var folder = new TempFolder();

        using var host = await HostProcess.RunAsync(
            "--scenario", "bare-answer", "--backend", "software", "--quiet", "--until", "40", "--trace-instructions", folder["a.gz"]);

        Assert.Equal(0, host.ExitCode);
        Assert.Equal(41, (await ReadAsync(folder["a.gz"])).Length);
    }

    private static async Task<string[]> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        await using Stream plain = path.EndsWith(".br", StringComparison.Ordinal)
            ? new BrotliStream(file, CompressionMode.Decompress)
            : new GZipStream(file, CompressionMode.Decompress);
        using var text = new StreamReader(plain);
        return (await text.ReadToEndAsync()).TrimEnd('\n').Split('\n');
    }
}
