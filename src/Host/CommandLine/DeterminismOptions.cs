using System.CommandLine;

namespace KvmActors.Host.CommandLine;

/// <summary>The options of a run in software that is the same every time.</summary>
internal sealed class DeterminismOptions
{
    private readonly Option<string?> _deterministic = CheckedOption.OneOf("--deterministic", "true", "false");
    private readonly Option<long?> _seed = CheckedOption.Long("--seed", minimum: 0);

    public DeterminismOptions()
    {
        _deterministic.Description = "Whether VMs in software do the same every time (true, the default): an instruction takes a nanosecond, random "
            + "numbers come of the seed, vCPUs take turns. With false time and chance are the host's.";
        _seed.Description = "What random numbers in software, and each instance's {seed}, come of; 0 when left out.";
        _seed.HelpName = "N";
    }

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_deterministic);
        command.Options.Add(_seed);
    }

    /// <summary>Whether runs are to be the same; null when nobody said.</summary>
    public bool? ReadDeterministic(ParseResult parsed) => parsed.GetValue(_deterministic) is { } word ? word == "true" : null;

    /// <summary>The seed; null when nobody gave one.</summary>
    public long? ReadSeed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>Them as settings of a scenario.</summary>
    public IEnumerable<string> ReadSettings(ParseResult parsed)
    {
        if (ReadDeterministic(parsed) is { } deterministic)
        {
            yield return $"--Scenario:Deterministic={(deterministic ? "true" : "false")}";
        }

        if (ReadSeed(parsed) is { } seed)
        {
            yield return FormattableString.Invariant($"--Scenario:Seed={seed}");
        }
    }
}
