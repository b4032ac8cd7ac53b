using System.Diagnostics;
using System.Globalization;
using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Running;

/// <summary>Runs cases of a target, and makes the first that fails small.</summary>
internal sealed class FuzzRunner(IFuzzTarget target, TextWriter output)
{
    // A case that takes this many times what it may is not waited for any longer.
    private const int HungAfter = 12;

    private readonly FuzzInput _input = new();
    private readonly Dictionary<string, long> _outcomes = [];
    private long _slowest;
    private ulong _slowestIndex;

    /// <summary>Runs cases until there were enough, or time is over, or one fails.</summary>
    /// <param name="seed">Which cases.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="time">How long at most.</param>
    /// <returns>What failed, in words; null for nothing.</returns>
    public string? Run(ulong seed, ulong count, TimeSpan time)
    {
        var current = 0UL;
        var since = Stopwatch.GetTimestamp();
        using var watchdog = new Timer(
            _ =>
            {
                if (Stopwatch.GetElapsedTime(Volatile.Read(ref since)) > target.TimeLimit * HungAfter)
                {
                    Environment.FailFast($"{target.Name} --seed {seed}: case {Volatile.Read(ref current)} hangs");
                }
            },
            null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        output.WriteLine($"{target.Name}: --seed {seed}");
        FuzzFigures? begin = null;
        var index = 0UL;
        var start = Stopwatch.GetTimestamp();
        string? problem = null;
        for (; problem is null && index < count && Stopwatch.GetElapsedTime(start) < time; index++)
        {
            // Behind the first cases everything is there that the runtime makes once.
            if (index == Math.Min(1000, count / 10) || (begin is null && index > 20 && Stopwatch.GetElapsedTime(start) > time / 10))
            {
                begin ??= FuzzFigures.Now();
            }

            Volatile.Write(ref current, index);
            Volatile.Write(ref since, Stopwatch.GetTimestamp());
            _input.Begin(seed, index);
            problem = Try();
            var took = Stopwatch.GetTimestamp() - since;
            if (took > _slowest)
            {
                (_slowest, _slowestIndex) = (took, index);
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        if (problem is not null)
        {
            Volatile.Write(ref since, long.MaxValue);
            return Keep(problem, seed, index - 1);
        }

        var end = FuzzFigures.Now();
        Volatile.Write(ref since, long.MaxValue);
        WriteFigures(index, elapsed, begin, end);
        return begin?.GrownTo(end) is { } grown ? $"{target.Name} --seed {seed} --count {index}: {grown}" : null;
    }

    /// <summary>Runs a case of the corpus.</summary>
    /// <returns>What failed, in words; null for nothing.</returns>
    public string? Replay(string file, bool describe = false)
    {
        _input.IsDescribed = describe;
        _input.Begin(FuzzCase.Read(file).Choices);
        var problem = Try();
        foreach (var note in _input.Notes)
        {
            output.WriteLine(note);
        }

        return problem is null ? null : $"{file}: {problem}";
    }

    private string? Try()
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var outcome = target.Run(_input);
            _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
        }
        catch (FuzzFailureException e)
        {
            return e.Message;
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message} {FirstFrame(e)}".ReplaceLineEndings(" ");
        }

        var took = Stopwatch.GetElapsedTime(start);
        return took > target.TimeLimit ? $"took {took.TotalSeconds:F1} s" : null;
    }

    private static string FirstFrame(Exception e) =>
        e.StackTrace?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Contains("KvmActors", StringComparison.Ordinal)) ?? "";

    private string Keep(string problem, ulong seed, ulong index)
    {
        var choices = new Shrinker(candidate =>
        {
            _input.Begin(candidate);
            return Try() is not null ? [.. _input.Choices.Take(candidate.Length)] : null;
        }).Shrink([.. _input.Choices], TestTime.Seconds(30));

        _input.IsDescribed = true;
        _input.Begin(choices);
        var again = Try();
        var comments = new List<string> { $"{target.Name} --seed {seed}, case {index}: {again ?? problem}" };
        comments.AddRange(_input.Notes);
        if (again is null)
        {
            comments.Add("It does not fail by itself: something is left of the cases before it.");
        }

        var file = new FuzzCase(choices, comments).Write(target.Name);
        return string.Join('\n', [.. comments, $"kept as {file}"]);
    }

    private void WriteFigures(ulong count, TimeSpan took, FuzzFigures? begin, FuzzFigures end)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {count} cases in {took.TotalSeconds:F1} s, {count / took.TotalSeconds:F0} a second; the slowest, {_slowestIndex}, took {Stopwatch.GetElapsedTime(0, _slowest).TotalMilliseconds:F1} ms"));
        output.WriteLine($"  outcomes: {Histogram(_outcomes)}");
        if (_input.Coverage.Count > 0)
        {
            output.WriteLine($"  {_input.Coverage.Count} things done: {Histogram(_input.Coverage)}");
        }

        output.WriteLine($"  begin: {begin}");
        output.WriteLine($"  end:   {end}");
    }

    private static string Histogram(Dictionary<string, long> counts) =>
        string.Join(", ", counts.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}"));
}
