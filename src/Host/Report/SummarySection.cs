using KvmActors.Actors.Results;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Report;

/// <summary>What became of the scenario, in figures and by group of VMs.</summary>
internal static class SummarySection
{
    private const int MaxGroups = 40;

    /// <summary>Writes the headline figures.</summary>
    public static void WriteTiles(HtmlWriter html, ScenarioResult result)
    {
        var failed = result.Vms.Count(vm => !vm.IsSuccess);
        var host = new LatencyHistogram();
        result.Statistics.AddHostSideTo(host);
        html.Markup("<dl class=\"tiles\">");
        Tile("VMs", Units.Count(result.Vms.Count));
        Tile("as wanted", Units.Count(result.Vms.Count - failed));
        Tile("failed", Units.Count(failed), failed > 0);
        Tile("took", Units.Duration(result.Wall.TotalNanoseconds));
        Tile("exits", Units.Count(host.Count));
        Tile("exits/s", Units.Count((long)(host.Count / Math.Max(1e-9, result.Wall.TotalSeconds))));
        if (host.Count > 0)
        {
            Tile("host, p50", Units.Duration(host.Percentile(0.5)));
            Tile("host, p99", Units.Duration(host.Percentile(0.99)));
        }

        html.Markup("</dl>\n");
        if (result.Problem is { } problem)
        {
            html.Write($"<p class=\"verdict bad\">{problem}</p>\n");
        }

        void Tile(string name, string value, bool bad = false) =>
            html.Write($"<div><dt>{name}</dt><dd class=\"{(bad ? "bad" : "")}\">{value}</dd></div>");
    }

    /// <summary>Writes the VMs by name and outcome.</summary>
    public static void WriteGroups(HtmlWriter html, ScenarioResult result)
    {
        if (result.Vms.Count == 0)
        {
            html.Markup("<section><h2>Outcome</h2><p class=\"soft\">No VM was started.</p></section>\n");
            return;
        }

        html.Markup("<section><h2>Outcome</h2>\n<div class=\"stack\" aria-hidden=\"true\">");
        foreach (var (kind, _) in OutcomeStyle.Legend)
        {
            var count = result.Vms.Count(vm => OutcomeStyle.ClassOf(vm) == kind);
            if (count > 0)
            {
                html.Write($"<span class=\"k-{kind}\" style=\"flex-grow:{count}\"></span>");
            }
        }

        html.Markup("</div>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">VMs</th><th scope=\"col\">Outcome</th>");
        html.Markup("<th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" class=\"n\">Exits</th><th scope=\"col\" class=\"n\">Start p50</th><th scope=\"col\" class=\"n\">p99</th>");
        html.Markup("<th scope=\"col\" class=\"n\">Run p50</th><th scope=\"col\" class=\"n\">longest</th></tr></thead><tbody>\n");
        var groups = result.Vms.GroupBy(vm => (vm.Name, Outcome: OutcomeStyle.NameOf(vm), Class: OutcomeStyle.ClassOf(vm))).ToList();
        foreach (var group in groups.Take(MaxGroups))
        {
            html.Write($"<tr><td>{group.Key.Name}</td><td class=\"nowrap\"><span class=\"key k-{group.Key.Class}\"></span>{group.Key.Outcome}</td>");
            html.Write($"<td class=\"n\">{Units.Count(group.Count())}</td><td class=\"n\">{Units.Count(group.Sum(ExitsOf))}</td>");
            var starts = StartSection.DurationsOf(group);
            var runs = new LatencyHistogram();
            foreach (var vm in group)
            {
                runs.Record((long)vm.RunDuration.TotalNanoseconds);
            }

            html.Write($"<td class=\"n\">{Units.Duration(starts.Percentile(0.5))}</td><td class=\"n\">{Units.Duration(starts.Percentile(0.99))}</td>");
            html.Write($"<td class=\"n\">{Units.Duration(runs.Percentile(0.5))}</td>");
            html.Write($"<td class=\"n\">{Units.Duration(group.Max(vm => vm.RunDuration.TotalNanoseconds))}</td></tr>\n");
        }

        html.Markup("</tbody></table></div>");
        if (groups.Count > MaxGroups)
        {
            html.Write($"<p class=\"soft\">And {groups.Count - MaxGroups} more groups.</p>");
        }

        html.Markup("</section>\n");
    }

    private static long ExitsOf(VmResult vm) => vm.Vcpus.Sum(vcpu => vcpu.Exits.Values.Sum());
}
