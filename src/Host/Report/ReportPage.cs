using System.Globalization;
using System.Text;
using KvmActors.Actors.Results;
using KvmActors.Host.Running;

namespace KvmActors.Host.Report;

/// <summary>
/// What <c>--report</c> writes: one HTML page that needs nothing from anywhere, no network and no script. Its size does not grow
/// without bound with the number of VMs.
/// </summary>
internal static class ReportPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="result">What it tells.</param>
    /// <param name="facts">What it was a run of.</param>
    public static void Write(Stream stream, ScenarioResult result, RunFacts facts) =>
        stream.Write(Encoding.UTF8.GetBytes(Create(result, facts)));

    /// <summary>Makes the page.</summary>
    public static string Create(ScenarioResult result, RunFacts facts)
    {
        var html = new HtmlWriter();
        WriteHead(html, result.Scenario, facts.Version);
        WriteHeader(html, result, facts);
        SummarySection.WriteTiles(html, result);
        SummarySection.WriteGroups(html, result);
        FailureSection.Write(html, result.Vms, facts.OutputOf);
        StartSection.Write(html, result.Vms);
        LatencySection.Write(html, result.Statistics);
        SiteSection.Write(html, result);
        if (result.Recording is { } recording)
        {
            HeatMap.Write(html, recording.Latencies);
            SlowestTable.Write(html, recording);
        }

        LifetimeChart.Write(html, result);
        RunSection.Write(html, facts);
        html.Markup("<footer>Percentiles and bars are within 0.8 % of what was measured, the longest exact. Point at a bar or a cell to see its figures.</footer>\n");
        html.Markup("</main>\n</body>\n</html>\n");
        return html.ToString();
    }

    /// <summary>Writes what comes before a page's content.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="title">The page's title.</param>
    /// <param name="version">The program's version.</param>
    public static void WriteHead(HtmlWriter html, string title, string version)
    {
        html.Markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");

        // Should anything of a guest's ever get through the escaping, it can neither run nor fetch anything.
        html.Markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        html.Write($"<meta name=\"generator\" content=\"KvmActors {version}\">\n<title>{title} – KvmActors</title>\n<style>\n");
        html.Markup(ReportStyle.Css);
        html.Markup("\n</style>\n</head>\n<body>\n<main>\n");
    }

    private static void WriteHeader(HtmlWriter html, ScenarioResult result, RunFacts facts)
    {
        var verdict = result.WasCancelled ? "interrupted" : result.IsSuccess ? "all ended as wanted" : "some did not end as wanted";
        html.Write($"<header><h1>{result.Scenario}</h1><span class=\"verdict{(result.IsSuccess ? "" : " bad")}\">{verdict}</span>");
        html.Write($"<span class=\"when\">{facts.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, {facts.Machine.Processor}, {facts.Machine.Kernel}</span></header>\n");
    }
}
