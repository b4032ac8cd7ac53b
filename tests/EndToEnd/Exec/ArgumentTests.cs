using System.Diagnostics;
using System.Text;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Arguments and environment of a program: any bytes, as many as Linux has room for.</summary>
public sealed class ArgumentTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    // A shell makes what no string of ours could hold.
    [VmFact]
    public async Task Exec_BytesThatAreNoUtf8_ArriveUnchanged()
    {
        const string Bytes = """ "$(printf 'a\377\200\303b')" "$(printf '\303\274')" '' """;
        var words = $"--env \"$(printf 'V=\\376x')\" '{programs.PathOf("surroundings", isPie: false)}' {Bytes}";

        var output = await ShellAsync(words);

        Assert.StartsWith("a\u00FF\u0080\u00C3b\n\u00C3\u00BC\n\nV=\u00FEx\n", output[(output.IndexOf('\n', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
    }

    [VmTheory]
    [InlineData(1, 131_071)]
    [InlineData(19, 100_000)]
    [InlineData(20_000, 10)]
    public async Task Exec_ManyBytes_ArriveUnchanged(int count, int length)
    {
        // Through a scenario: a command line of the host's has limits of its own.
        var program = programs.PathOf("surroundings", isPie: false);
        var arguments = Enumerable.Range(0, count).Select(index => $"{index}".PadRight(length, 'x')).ToArray();
        var words = string.Join(", ", arguments.Prepend(program).Select(word => $"\"{word}\""));
        using var file = new ScenarioFile($$"""
            { "Name": "long", "Boot": "elf64", "Image": "guest/kernel.elf", "MemoryMiB": 64, "Args": [ {{words}} ], "Env": { "ONE": "1" },
              "Files": [ { "Guest": "{{program}}", "Host": "{{program}}" } ] }
            """);

        using var host = await HostProcess.RunAsync("--scenario", file.Path, "--quiet");

        var lines = host.Output.Split('\n');
        Assert.Equal([program, .. arguments], lines[..(count + 1)]);
        Assert.Equal("ONE=1", lines[count + 1]);
    }

    [VmFact]
    public async Task Exec_LimitThatWasReached_IsToldOfAtTheEnd()
    {
        var program = programs.PathOf("surroundings", isPie: false);
        using var limited = await HostProcess.RunAsync("exec", "--bytes-written", "10", program);
        using var free = await HostProcess.RunAsync("exec", program);

        Assert.Contains("exec: its limit BytesWritten of 10 was reached: ", limited.Error, StringComparison.Ordinal);
        Assert.Equal("", free.Error);
    }

    private static async Task<string> ShellAsync(string words)
    {
        var options = string.Join(' ', TestBackend.Arguments(["exec"]));
        var start = new ProcessStartInfo("sh", ["-c", $"exec dotnet '{Path.Combine(HostProcess.Folder, "kvmactors.dll")}' {options} {words}"])
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.Latin1,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
