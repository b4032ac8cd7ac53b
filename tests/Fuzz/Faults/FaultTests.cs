using System.Diagnostics;
using System.Globalization;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;
using Xunit.Abstractions;

namespace KvmActors.Fuzz.Tests.Faults;

/// <summary>
/// Every place of Interop that asks the kernel for something is refused once, in each of five runs of the program: which ends with a
/// documented exit code and complete results, or says why it did not begin. A share of it with each build, in an order of chance;
/// all of it with <c>FUZZ_FAULTS=all</c>.
/// </summary>
[Trait("Needs", "Compiler")]
public sealed class FaultTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Share = TimeSpan.FromSeconds(15);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [KvmFact]
    public void Run_EveryPlaceRefusedOnce_KeepsItsPromises()
    {
        var all = Environment.GetEnvironmentVariable("FUZZ_FAULTS") == "all";
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Random.Shared.Next();
        var scenarios = FaultScenario.All(_folder.Root);
        var run = new FaultRun(_folder.Root);
        var problems = new List<string>();
        var tried = 0;
        var start = Stopwatch.GetTimestamp();
        if (!all)
        {
            // Another one with each build.
            scenarios = [scenarios[seed % scenarios.Count]];
        }

        foreach (var scenario in scenarios)
        {
            var places = Record(run, scenario);
            output.WriteLine($"{scenario.Name}: {places.Length} places");
            var random = new Random(seed);
            random.Shuffle(places);
            foreach (var place in places.TakeWhile(_ => all || Stopwatch.GetElapsedTime(start) < Share))
            {
                var plan = $"@{place} 1 {ErrnoFor(place)}";
                tried++;
                if (run.Run(scenario, plan) is { } problem)
                {
                    problems.Add($"{scenario.Name}, {plan}: {problem}");
                    output.WriteLine(problems[^1]);
                }
            }
        }

        output.WriteLine($"{tried} runs, FUZZ_SEED={seed}");
        Assert.Empty(problems);
        Assert.NotEqual(0, tried);
    }

    private string[] Record(FaultRun run, FaultScenario scenario)
    {
        var file = _folder["places"];
        Assert.Null(run.Run(scenario, $"record {file}"));
        return File.ReadAllLines(file);
    }

    // What the kernel gives out of these calls when it is out of something; otherwise what it gives when a device fails.
    private static string ErrnoFor(string place)
    {
        var call = place[(place.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return call.Split(':')[0] switch
        {
            "open" or "openat2" or "eventfd" => "EMFILE",
            "mmap" or "munmap" or "madvise" or "ioctl" => "ENOMEM",
            "write" or "writev" or "pwrite" => "ENOSPC",
            "syscall" => call switch
            {
                "syscall:13f" => "EMFILE",
                "syscall:4d" or "syscall:128" or "syscall:102" or "syscall:10a" or "syscall:109" or "syscall:13c" => "ENOSPC",
                "syscall:10f" or "syscall:13e" => "EINTR",
                _ => "EIO",
            },
            _ => "EIO",
        };
    }
}
