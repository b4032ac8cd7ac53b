using System.Globalization;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Tests.Nested;

namespace KvmActors.Fuzz.Tests;

/// <summary>
/// The command <c>tests/Fuzz/run</c>: <c>[--target NAME] [--seed N] [--count N | --time SECONDS] [--replay FILE] [--list]</c>. Exit code 0:
/// every case held; 1: one failed; 2: wrong arguments.
/// </summary>
internal static class FuzzProgram
{
    private const double DefaultSeconds = 30;

    public static int Main(string[] arguments)
    {
        if (arguments is not ["fuzz", ..])
        {
            return TestProgram.Main(arguments);
        }

        string? target = null, replay = null;
        var seed = (ulong)Random.Shared.Next();
        var count = ulong.MaxValue;
        double? seconds = null;
        for (var index = 1; index < arguments.Length; index++)
        {
            var value = index + 1 < arguments.Length ? arguments[index + 1] : "";
            switch (arguments[index])
            {
                case "--list":
                    Console.WriteLine(string.Join('\n', FuzzTargets.Names));
                    return 0;
                case "--target":
                    target = value;
                    break;
                case "--replay":
                    replay = value;
                    break;
                case "--seed" when ulong.TryParse(value, CultureInfo.InvariantCulture, out seed):
                case "--count" when ulong.TryParse(value, CultureInfo.InvariantCulture, out count):
                    break;
                case "--time" when double.TryParse(value, CultureInfo.InvariantCulture, out var time) && time > 0:
                    seconds = time;
                    break;
                default:
                    return Usage();
            }

            index++;
        }

        var names = target is null ? [.. FuzzTargets.Names] : new[] { target };
        if (names.Any(name => !FuzzTargets.Names.Contains(name)) || (replay is not null && target is null))
        {
            return Usage();
        }

        var limit = seconds is { } wanted ? TimeSpan.FromSeconds(wanted)
            : count == ulong.MaxValue ? TimeSpan.FromSeconds(DefaultSeconds) : TimeSpan.MaxValue;
        var failed = false;
        foreach (var name in names)
        {
            using var made = FuzzTargets.Find(name)!;
            var runner = new FuzzRunner(made, Console.Out);
            var problem = replay is not null ? runner.Replay(replay, describe: true) : runner.Run(seed, count, limit);
            if (problem is not null)
            {
                Console.WriteLine($"FAILED: {problem}");
                failed = true;
            }
        }

        return failed ? 1 : 0;
    }

    private static int Usage()
    {
        Console.Error.WriteLine(
            "Usage: tests/Fuzz/run [--target NAME] [--seed N] [--count N | --time SECONDS] [--replay FILE, with --target] [--list]\n"
            + $"Targets: {string.Join(", ", FuzzTargets.Names)}");
        return 2;
    }
}
