using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Report;
using KvmActors.Host.Running;
using KvmActors.Host.Timeline;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;

namespace KvmActors.Host.Output;

/// <summary>The files that a run writes when it has ended.</summary>
internal sealed class RunOutputs : IDisposable
{
    private OutputFile? _json;
    private OutputFile? _report;
    private OutputFile? _timeline;
    private InstructionTraceFile? _instructions;

    private RunOutputs()
    {
    }

    /// <summary>Makes those ready that were asked for.</summary>
    /// <exception cref="ConfigurationException">One cannot be written, or two are the same; then nothing is left of any.</exception>
    public static RunOutputs Open(string? json, string? report, string? timeline, string? instructions = null)
    {
        var outputs = new RunOutputs();
        try
        {
            outputs._json = OutputFile.Open("--json", json);
            outputs._report = OutputFile.Open("--report", report);
            outputs._timeline = OutputFile.Open("--timeline", timeline);
            outputs._instructions = InstructionTraceFile.Open(instructions);
            RefuseSame(
            [
                ("--json", outputs._json?.Identity), ("--report", outputs._report?.Identity), ("--timeline", outputs._timeline?.Identity),
                (InstructionTraceFile.Option, outputs._instructions?.Identity),
            ]);
            return outputs;
        }
        catch
        {
            outputs.Dispose();
            throw;
        }
    }

    /// <summary>Where every instruction goes while VMs run; null for nowhere.</summary>
    public IInstructionTraceOutput? Instructions => _instructions;

    /// <summary>What to keep of exits for these files; null for nothing.</summary>
    public static RecordingOptions? RecordingFor(string? report, string? timeline, ScenarioSpec scenario) =>
        timeline is not null ? new RecordingOptions(TimelineBudget.ExitsPerVcpu(scenario))
        : report is not null ? new RecordingOptions(TimelineExits: 0)
        : null;

    /// <summary>Whether any of them tells of each VM what it wrote.</summary>
    public bool WantResults => _json is not null || _report is not null;

    /// <summary>Writes all of them, whatever happens to one.</summary>
    /// <returns>Which could not be written and why, a line each.</returns>
    public IReadOnlyList<string> Write(ScenarioResult result, RunFacts facts) => [.. ((string?[])
    [
        _instructions?.Finish(),
        _json?.Write(stream => ResultDocument.From(result, facts).WriteTo(stream)),
        _report?.Write(stream => ReportPage.Write(stream, result, facts)),
        _timeline?.Write(stream => TimelineDocument.Write(stream, result)),
    ]).OfType<string>()];

    /// <inheritdoc/>
    public void Dispose()
    {
        _json?.Dispose();
        _report?.Dispose();
        _timeline?.Dispose();
        _instructions?.Dispose();
    }

    private static void RefuseSame(IReadOnlyList<(string Option, string? Identity)> files)
    {
        foreach (var (index, (option, identity)) in files.Index())
        {
            if (identity is not null && files.Skip(index + 1).FirstOrDefault(other => other.Identity == identity) is { Option: { } other })
            {
                throw new ConfigurationException($"{option} and {other} lead to the same file; give each a file of its own");
            }
        }
    }
}
