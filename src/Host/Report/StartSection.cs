using KvmActors.Actors.Results;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Report;

/// <summary>How long VMs took from being asked for to their first entry, warm and cold starts apart.</summary>
internal static class StartSection
{
    /// <summary>Writes the section; nothing when no VM was entered.</summary>
    public static void Write(HtmlWriter html, IReadOnlyList<VmResult> vms)
    {
        var kinds = (
            from start in (VmStart[])[VmStart.Cold, VmStart.Warm]
            let durations = DurationsOf(vms.Where(vm => vm.Start == start))
            where durations.Count > 0
            select new Distribution(start == VmStart.Cold ? "cold starts" : "warm starts", "host", durations)).ToList();
        if (kinds.Count == 0)
        {
            return;
        }

        html.Markup("<section><h2>Starts</h2>\n<p class=\"soft\">From asking for a VM to its first entry. A cold start makes a VM and boots it; a warm one goes on from a template.</p>\n");
        HistogramChart.Write(html, "Durations of starts", kinds.Select(kind => kind.Durations), kinds);
        html.Markup("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Start</th><th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" class=\"n\">p50</th>");
        html.Markup("<th scope=\"col\" class=\"n\">p90</th><th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n\">max</th></tr></thead><tbody>\n");
        foreach (var (name, _, durations) in kinds)
        {
            html.Write($"<tr><td class=\"nowrap\">{name}</td><td class=\"n\">{Units.Count(durations.Count)}</td><td class=\"n\">{Units.Duration(durations.Percentile(0.5))}</td>");
            html.Write($"<td class=\"n\">{Units.Duration(durations.Percentile(0.9))}</td><td class=\"n\">{Units.Duration(durations.Percentile(0.99))}</td>");
            html.Write($"<td class=\"n\">{Units.Duration(durations.MaxNanosecondsSeen)}</td></tr>\n");
        }

        html.Markup("</tbody></table></div></section>\n");
    }

    /// <summary>The starts of VMs that were entered.</summary>
    public static LatencyHistogram DurationsOf(IEnumerable<VmResult> vms)
    {
        var durations = new LatencyHistogram();
        foreach (var vm in vms.Where(vm => vm.StartDuration > TimeSpan.Zero))
        {
            durations.Record((long)vm.StartDuration.TotalNanoseconds);
        }

        return durations;
    }
}
