using System.Diagnostics;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench;

/// <summary>
/// A static program whose work is measured from outside: the time of its whole run, less that of one which has nothing to do. What it
/// prints has to be what it prints on this machine's own processor.
/// </summary>
/// <param name="context">Where it is.</param>
/// <param name="name">Its name among the reference's programs, or busybox.</param>
/// <param name="nothing">Arguments with which it has nothing to do.</param>
/// <param name="work">Arguments with which it works.</param>
internal sealed class MeasuredProgram(BenchContext context, string name, string[] nothing, string[] work)
{
    /// <summary>What translates programs' code, to compare with.</summary>
    public const string Emulator = "qemu-x86_64";

    private const string Busybox = "busybox";

    private string _nothingPrinted = "", _workPrinted = "";

    private string File => Path.Combine(context.ProgramFolder, name);

    /// <summary>busybox's sha256sum of 1 MiB.</summary>
    public static MeasuredProgram Digest(BenchContext context) => new(
        context,
        Busybox,
        ["sha256sum", Path.Combine(context.ProgramFolder, "empty")],
        ["sha256sum", Path.Combine(context.ProgramFolder, "data")]);

    /// <summary>What has to be installed for it first, and how; null for nothing.</summary>
    public string? FindMissing() => BenchContext.FindTool(Emulator) is null
        ? $"needs {Emulator}, which is not on PATH: apt-get install qemu-user"
        : name == Busybox && BenchContext.FindTool(Busybox) is null
            ? "needs a static busybox, and none is on PATH: apt-get install busybox-static"
            : null;

    /// <summary>Makes it, and has this machine's processor run it.</summary>
    public void Prepare()
    {
        HostProgram.Build(HostProgram.Release);
        context.BuildPrograms();
        if (name == Busybox)
        {
            System.IO.File.Copy(BenchContext.FindTool(Busybox)!, File, overwrite: true);
            System.IO.File.WriteAllBytes(nothing[^1], []);
            var data = new byte[1 << 20];
            new Random(1).NextBytes(data);
            System.IO.File.WriteAllBytes(work[^1], data);
        }

        (_nothingPrinted, _workPrinted) = (Run(File, nothing).Printed, Run(File, work).Printed);
    }

    /// <summary>Measures its work.</summary>
    /// <param name="run">What runs it, with arguments.</param>
    /// <param name="runs">How often, of which the median counts: for what is over soon.</param>
    /// <returns>Milliseconds.</returns>
    public async Task<double> MeasureAsync(Func<string[], Task<(string Printed, TimeSpan Time)>> run, int runs = 1)
    {
        var (without, with) = (new List<double>(), new List<double>());
        for (var round = 0; round < runs; round++)
        {
            without.Add(await TimeAsync(nothing, _nothingPrinted));
            with.Add(await TimeAsync(work, _workPrinted));
        }

        var difference = Spread.Of(with).Median - Spread.Of(without).Median;
        return difference > 0
            ? difference
            : throw new MeasurementException($"{name} took no longer with work than without: this machine is too busy to measure it");

        async Task<double> TimeAsync(string[] arguments, string expected)
        {
            var (printed, time) = await run(arguments);
            return printed == expected
                ? time.TotalMilliseconds
                : throw new MeasurementException($"{name} {string.Join(' ', arguments)} printed '{printed.Trim()}' instead of '{expected.Trim()}'");
        }
    }

    /// <summary>Runs it below the guest kernel, by the processor in software.</summary>
    public Task<(string Printed, TimeSpan Time)> RunInSoftwareAsync(string[] arguments) => Task.Run(() => Run(
        HostProgram.ExecutableFile(HostProgram.Release),
        ["exec", "--backend", "software", "--timeout", "10m", "--map", $"{context.ProgramFolder}:{context.ProgramFolder}", File, .. arguments]));

    /// <summary>Runs it under <see cref="Emulator"/>.</summary>
    public Task<(string Printed, TimeSpan Time)> RunEmulatedAsync(string[] arguments) => Task.Run(() => Run(Emulator, [File, .. arguments]));

    private static (string Printed, TimeSpan Time) Run(string file, IEnumerable<string> arguments)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var time = Stopwatch.GetElapsedTime(started);
        return process.ExitCode == 0
            ? (printed, time)
            : throw new MeasurementException($"{file} ended with {process.ExitCode}; run it by hand to see why: {string.Join(' ', arguments)}");
    }
}
