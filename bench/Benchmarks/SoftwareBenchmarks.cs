using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Benchmarks;

/// <summary>
/// The processor in software: static programs below the guest kernel in it, and the same files under QEMU's TCG, which translates the
/// code that is interpreted here. A figure is what a run with work takes longer than one without, so that nobody's start counts.
/// </summary>
internal static class SoftwareBenchmarks
{
    private const int Iterations = 60_000_000, InstructionsEach = 5;

    // A run under QEMU takes a fraction of one here.
    private const int EmulatedRuns = 5;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        var loop = new MeasuredProgram(context, "loop", ["0"], [$"{Iterations}"]);
        yield return new Benchmark(
            "software-rate",
            "instructions that the processor in software executes in a second, in a loop on registers",
            "million/s",
            async () => (double)Iterations * InstructionsEach / (await loop.MeasureAsync(loop.RunInSoftwareAsync) * 1000))
        {
            Bar = new Bar(40, IsMinimum: true),
            Prepare = loop.Prepare,
            NeedsKvm = false,
        };
        yield return Compare("software-loop", "the same loop", loop);
        yield return Compare("software-copy", "copying 1 MiB 500 times by memcpy", new MeasuredProgram(context, "copy", ["0"], ["500"]));
        yield return Compare("software-sort", "sorting 200,000 numbers by qsort", new MeasuredProgram(context, "sort", ["0"], ["200000"]));
        yield return Compare("software-sha256", "busybox sha256sum of 1 MiB", MeasuredProgram.Digest(context));
        yield return new Benchmark(
            "software-start",
            "the scenario orw where there is no KVM: from the start of the host's process (Release build) to its end",
            "ms",
            async () => (await HostProgram.RunAsync(context, HostProgram.Release, "orw", "--Kvm:Device=/nonexistent")).Whole.TotalMilliseconds)
        {
            Bar = new Bar(2000),
            Prepare = () => HostProgram.Build(HostProgram.Release),
            NeedsKvm = false,
        };
    }

    private static Benchmark Compare(string name, string work, MeasuredProgram program) =>
        new(name, $"{work}: by the processor in software / under {MeasuredProgram.Emulator}", "ms", () => program.MeasureAsync(program.RunInSoftwareAsync))
        {
            Reference = () => program.MeasureAsync(program.RunEmulatedAsync, EmulatedRuns),
            Prepare = program.Prepare,
            Missing = program.FindMissing,
            NeedsKvm = false,
        };
}
