using KvmActors.Actors.Results;
using KvmActors.Host.Configuration;
using KvmActors.Host.Report;
using KvmActors.Host.Timeline;

namespace KvmActors.Host.Output;

/// <summary>The files that a run writes when it has ended.</summary>
internal sealed class RunOutputs : IDisposable
{
    private OutputFile? _json;
    private OutputFile? _report;
    private OutputFile? _timeline;

    private RunOutputs()
    {
    }

    /// <summary>Opens those that were asked for.</summary>
    /// <exception cref="ConfigurationException">One cannot be opened; then none stays open.</exception>
    public static RunOutputs Open(string? json, string? report, string? timeline)
    {
        var outputs = new RunOutputs();
        try
        {
            outputs._json = OutputFile.Open("--json", json);
            outputs._report = OutputFile.Open("--report", report);
            outputs._timeline = OutputFile.Open("--timeline", timeline);
            return outputs;
        }
        catch
        {
            outputs.Dispose();
            throw;
        }
    }

    /// <summary>Writes all of them, whatever happens to one.</summary>
    /// <returns>Whether all were written.</returns>
    public bool TryWrite(ScenarioResult result)
    {
        bool[] written =
        [
            _json?.TryWrite(stream => ResultDocument.From(result).WriteTo(stream)) ?? true,
            _report?.TryWrite(stream => ReportPage.Write(stream, result, TimeProvider.System.GetUtcNow())) ?? true,
            _timeline?.TryWrite(stream => TimelineDocument.Write(stream, result)) ?? true,
        ];
        return written.All(one => one);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json?.Dispose();
        _report?.Dispose();
        _timeline?.Dispose();
    }
}
