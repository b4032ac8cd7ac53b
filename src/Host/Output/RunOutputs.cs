using KvmActors.Actors.Results;
using KvmActors.Host.Configuration;
using KvmActors.Host.Report;
using KvmActors.Host.Timeline;

namespace KvmActors.Host.Output;

/// <summary>The files that a run writes when it has ended.</summary>
internal sealed class RunOutputs : IDisposable
{
    private readonly OutputFile? _json;
    private readonly OutputFile? _report;
    private readonly OutputFile? _timeline;

    /// <summary>Opens those that were asked for.</summary>
    /// <exception cref="ConfigurationException">One cannot be opened.</exception>
    public RunOutputs(string? json, string? report, string? timeline)
    {
        try
        {
            _json = OutputFile.Open("--json", json);
            _report = OutputFile.Open("--report", report);
            _timeline = OutputFile.Open("--timeline", timeline);
        }
        catch
        {
            Dispose();
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
