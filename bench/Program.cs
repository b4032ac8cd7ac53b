using System.CommandLine;
using KvmActors.Bench;
using KvmActors.Bench.Benchmarks;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Kvm;

const int BarMissed = 1;
const int BadUsage = 2;
const int CannotMeasure = 3;

var pairs = new Option<int>("--pairs") { Description = "Interleaved pairs of each benchmark.", HelpName = "N", DefaultValueFactory = _ => 20 };
pairs.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1)
    {
        result.AddError("--pairs takes a number from 1 upwards");
    }
});
var only = new Option<string[]>("--only")
{
    Description = "Only this benchmark; once for each.",
    HelpName = "NAME",
    DefaultValueFactory = _ => [],
};
var json = new Option<FileInfo?>("--json") { Description = "Also write the results, with every figure measured, to a file.", HelpName = "FILE" };
var list = new Option<bool>("--list") { Description = "List the benchmarks and run none." };
var root = new RootCommand("Measures the program against plain C on this machine, in interleaved pairs.")
{
    pairs, only, json, list,
};
root.SetAction((parsed, _) => RunAsync(parsed.GetValue(pairs), parsed.GetValue(only)!, parsed.GetValue(json), parsed.GetValue(list)));

var folder = new Argument<string>("FOLDER");
var sample = new Command(MemoryBenchmarks.Command) { folder };
sample.Hidden = true;
sample.SetAction(async (parsed, _) =>
{
    using var context = new BenchContext(parsed.GetValue(folder)!);
    Console.Write(await MemoryBenchmarks.MeasureAsync(context));
});
root.Subcommands.Add(sample);

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    return Fail(BadUsage, string.Join('\n', parsed.Errors.Select(error => error.Message)));
}

try
{
    return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is MeasurementException or KvmException or IOException)
{
    return Fail(CannotMeasure, e.Message);
}

static async Task<int> RunAsync(int pairs, string[] only, FileInfo? json, bool list)
{
    using var context = new BenchContext();
    var benchmarks = Catalog.Create(context);
    var unknown = only.Except(benchmarks.Select(benchmark => benchmark.Name)).ToList();
    if (unknown.Count > 0)
    {
        return Fail(BadUsage, $"--only {unknown[0]}: there is no such benchmark; there are {string.Join(", ", benchmarks.Select(benchmark => benchmark.Name))}");
    }

    if (list)
    {
        foreach (var benchmark in benchmarks)
        {
            Console.WriteLine($"{benchmark.Name,-22} {benchmark.Description}");
        }

        return 0;
    }

    var chosen = benchmarks.Where(benchmark => only.Length == 0 || only.Contains(benchmark.Name)).ToList();
    foreach (var (benchmark, missing) in chosen.Select(benchmark => (benchmark, benchmark.Missing?.Invoke())).Where(pair => pair.Item2 is not null).ToList())
    {
        if (only.Length > 0)
        {
            return Fail(CannotMeasure, $"{benchmark.Name} {missing}");
        }

        Console.Error.WriteLine($"bench: {benchmark.Name} is left out: it {missing}");
        chosen.Remove(benchmark);
    }

    var machine = await HostMachine.DescribeAsync();
    Report.WriteMachine(Console.Out, machine, pairs);
    if (chosen.Any(benchmark => benchmark.NeedsKvm))
    {
        context.Prepare();
    }

    var results = new List<BenchmarkResult>();
    foreach (var benchmark in chosen)
    {
        results.Add(await PairRunner.RunAsync(benchmark, pairs));
    }

    Report.WarnWhenBusy("after", await HostMachine.MeasureBusyAsync());
    Report.WriteTable(Console.Out, results);
    if (json is not null)
    {
        await using var file = json.Create();
        Report.WriteJson(file, machine, pairs, results);
    }

    return results.Any(result => result.MeetsBar == false) ? BarMissed : 0;
}

static int Fail(int exitCode, string problem)
{
    Console.Error.WriteLine($"bench: {problem}");
    return exitCode;
}
