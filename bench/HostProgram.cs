using System.Diagnostics;
using System.Text.Json;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench;

/// <summary>The program itself, as built from these sources and as users start it.</summary>
internal static class HostProgram
{
    /// <summary>The configuration that is measured where the other is not asked for.</summary>
    public const string Release = "Release";

    private static readonly HashSet<string> Built = [];

    /// <summary>The program that a build makes.</summary>
    public static string ExecutableFile(string configuration) => Path.Combine(Output(configuration), "kvmactors");

    /// <summary>The guest kernel that came with the build.</summary>
    public static string KernelFile => Path.Combine(Output(Release), "guest", "kernel.elf");

    /// <summary>The kernel's programs that came with the build.</summary>
    public static string UserFolder => Path.Combine(Output(Release), "guest", "user");

    /// <summary>Builds it, once in a run.</summary>
    /// <exception cref="MeasurementException">It cannot be built.</exception>
    public static void Build(string configuration)
    {
        if (Built.Add(configuration))
        {
            BenchContext.RunTool("dotnet", "Build src/Host by hand to see why",
                "build", Path.Combine(BenchContext.Repository, "src", "Host"), "-c", configuration, "--nologo", "-v", "quiet");
        }
    }

    /// <summary>Writes a scenario of one VM whose flat real-mode guest is one of the C reference's.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="guest">The guest.</param>
    /// <param name="mapped">A host folder that it sees as /data; null for none.</param>
    /// <returns>Its file.</returns>
    public static string WriteScenario(BenchContext context, string guest, string? mapped = null)
    {
        var files = mapped is null ? [] : new[] { new { Guest = "/data", Host = mapped } };
        return Write(
            context, mapped is null ? guest : $"{guest}-mapped",
            new { Vms = new[] { new { Name = guest, Boot = "real16", Image = context.GuestFile(guest), MemoryMiB = 16, Files = files } } });
    }

    /// <summary>Writes a scenario of many instances of the guest kernel with one of its programs.</summary>
    /// <returns>Its file.</returns>
    public static string WriteProgramScenario(BenchContext context, string program, int instances, int concurrency)
    {
        var vm = new
        {
            Name = program,
            Instances = instances,
            Boot = "elf64",
            Image = KernelFile,
            Args = new[] { $"/bin/{program}" },
            Files = new[] { new { Guest = "/bin", Host = UserFolder } },
        };
        return Write(context, $"{program}-{instances}", new { MaxConcurrency = concurrency, OvercommitMemory = true, Vms = new[] { vm } });
    }

    /// <summary>Runs a scenario.</summary>
    /// <returns>How long the process lived, and how long its scenario took.</returns>
    public static async Task<(TimeSpan Whole, TimeSpan Scenario)> RunAsync(BenchContext context, string configuration, string scenario, params string[] arguments)
    {
        var results = Path.Combine(context.Folder, "results.json");
        var started = Stopwatch.GetTimestamp();
        using var process = Start(configuration, scenario, ["--json", results, .. arguments]);
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var whole = Stopwatch.GetElapsedTime(started);
        if (process.ExitCode != 0)
        {
            throw new MeasurementException($"the host ended with {process.ExitCode}; run it by hand to see why: {scenario}");
        }

        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(results));
        return (whole, TimeSpan.FromSeconds(document.RootElement.GetProperty("wallSeconds").GetDouble()));
    }

    /// <summary>Runs a scenario whose guest writes at once.</summary>
    /// <returns>Milliseconds until its first byte arrived.</returns>
    public static async Task<double> TimeFirstByteAsync(string configuration, string scenario, params string[] arguments)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Start(configuration, scenario, arguments);
        var read = await process.StandardOutput.BaseStream.ReadAsync(new byte[1]);
        var elapsed = Stopwatch.GetElapsedTime(started);
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return read == 1 ? elapsed.TotalMilliseconds : throw new MeasurementException($"the host ended with {process.ExitCode} and its guest wrote nothing");
    }

    private static string Write(BenchContext context, string name, object scenario)
    {
        var file = Path.Combine(context.Folder, name + ".json");
        File.WriteAllText(file, JsonSerializer.Serialize(new { Scenario = scenario }));
        return file;
    }

    private static string Output(string configuration) => Path.Combine(BenchContext.Repository, "src", "Host", "bin", configuration, "net10.0");

    private static Process Start(string configuration, string scenario, params string[] arguments) => Process.Start(
        new ProcessStartInfo(
            ExecutableFile(configuration), ["--scenario", scenario, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
}
