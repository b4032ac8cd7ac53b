using System.Diagnostics;
using System.Diagnostics.Metrics;
using KvmActors.Actors.Telemetry;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Benchmarks;

/// <summary>A port exit and back: a guest writes a letter to its console 10,000 times.</summary>
internal static class ExitBenchmarks
{
    private const string Guest = "exits", Unit = "ns/exit";

    // The code in between is compiled again, better, while it runs.
    private const int WarmUps = 3;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark("exit", "a port exit through the program's loop, devices and statistics / a plain C loop", Unit,
            () => Task.FromResult(MeasureLoop(context)))
        {
            Reference = () => MeasureReferenceAsync(context, "exits"),
            Bar = new Bar(1.03),
            WarmUps = WarmUps,
        };
        yield return new Benchmark("exit-bare", "a port exit through IVcpu.Run alone / a plain C loop", Unit,
            () => Task.FromResult(MeasureBare(context)))
        {
            Reference = () => MeasureReferenceAsync(context, "exits"),
            WarmUps = WarmUps,
        };
        yield return new Benchmark("exit-registers", "a port exit through the program / a C loop that reads all registers on each exit", Unit,
            () => Task.FromResult(MeasureLoop(context)))
        {
            Reference = () => MeasureReferenceAsync(context, "exits-registers"),
            WarmUps = WarmUps,
        };
        yield return new Benchmark("tracing", "a scenario of port exits with its spans and metrics listened to / without", Unit,
            () => MeasureTracedAsync(context))
        {
            Reference = () => MeasureScenarioAsync(context),
            Bar = new Bar(1.03),
            WarmUps = WarmUps,
        };
    }

    private static async Task<double> MeasureReferenceAsync(BenchContext context, string command) =>
        (await context.RunReferenceAsync(command, context.GuestFile(Guest))).NsPerOperation;

    private static double MeasureLoop(BenchContext context)
    {
        using var vm = new LoopVm(context.Hypervisor, Guests.Describe(context, Guest));
        var nanoseconds = vm.Run();

        // The HLT is one too; the reference leaves it out as well.
        return nanoseconds / (vm.Exits - 1);
    }

    private static double MeasureBare(BenchContext context)
    {
        using var vm = new LoopVm(context.Hypervisor, Guests.Describe(context, Guest));
        var (nanoseconds, exits) = vm.RunBare();
        return nanoseconds / exits;
    }

    private static async Task<double> MeasureScenarioAsync(BenchContext context)
    {
        var result = await ActorRun.RunAsync(context, Guests.Describe(context, Guest), concurrency: 1);
        return result.Wall.TotalNanoseconds / (result.Statistics.Exits.Sum(row => row.Durations.Host.Count) - 1);
    }

    // What an exporter costs is its own; this is what the program does for it.
    private static async Task<double> MeasureTracedAsync(BenchContext context)
    {
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KvmTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(spans);
        using var metrics = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == KvmTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        metrics.SetMeasurementEventCallback<double>((_, _, _, _) => { });
        metrics.SetMeasurementEventCallback<long>((_, _, _, _) => { });
        metrics.Start();
        return await MeasureScenarioAsync(context);
    }
}
