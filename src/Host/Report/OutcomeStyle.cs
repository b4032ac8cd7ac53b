using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;

namespace KvmActors.Host.Report;

/// <summary>How an outcome is called and coloured.</summary>
internal static class OutcomeStyle
{
    /// <summary>The colours' names, in the order of a legend, with what they stand for.</summary>
    public static IReadOnlyList<(string Class, string Meaning)> Legend { get; } =
    [
        ("good", "ended as wanted"), ("bad", "failed"), ("late", "timed out"), ("gone", "cancelled"),
    ];

    /// <summary>The colour's name.</summary>
    public static string ClassOf(VmResult vm) => vm switch
    {
        { IsSuccess: true } => "good",
        { Outcome: VmOutcome.TimedOut } => "late",
        { Outcome: VmOutcome.Cancelled } => "gone",
        _ => "bad",
    };

    /// <summary>The outcome in words, for example <c>Exited 3</c>.</summary>
    public static string NameOf(VmResult vm) => vm.ExitCode is { } code ? FormattableString.Invariant($"{vm.Outcome} {code}")
        : vm.Signal is { } signal ? FormattableString.Invariant($"{vm.Outcome}, signal {signal}")
        : vm.Outcome.ToString();
}
