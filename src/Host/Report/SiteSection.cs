using System.Globalization;
using KvmActors.Actors.Results;

namespace KvmActors.Host.Report;

/// <summary>At which ports and devices guests exited, and what devices saw without an exit.</summary>
internal static class SiteSection
{
    private const int MaxRows = 70;

    /// <summary>Writes the section; nothing when guests touched neither.</summary>
    public static void Write(HtmlWriter html, ScenarioResult result)
    {
        var sites = result.Statistics.Sites.OrderByDescending(row => row.Durations.Host.Count).ToList();
        var devices = result.Vms.SelectMany(vm => vm.Devices)
            .GroupBy(device => (device.Type, device.Location))
            .Select(group => (group.Key.Type, group.Key.Location, Count: group.Sum(device => device.Count)))
            .OrderBy(device => device.Location)
            .ToList();
        if (sites.Count == 0 && devices.Count == 0)
        {
            return;
        }

        html.Markup("<section><h2>Ports and devices</h2>\n");
        if (sites.Count > 0)
        {
            html.Markup("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Where</th><th scope=\"col\" class=\"n\">Exits</th>");
            html.Markup("<th scope=\"col\" class=\"n\">Guest p50</th><th scope=\"col\" class=\"n\">Host p50</th><th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n\">max</th></tr></thead><tbody>\n");
            foreach (var (site, durations) in sites.Take(MaxRows))
            {
                html.Write($"<tr><td class=\"nowrap\">{site.ToString()}</td><td class=\"n\">{Units.Count(durations.Host.Count)}</td><td class=\"n\">{Units.Duration(durations.Guest.Percentile(0.5))}</td>");
                html.Write($"<td class=\"n\">{Units.Duration(durations.Host.Percentile(0.5))}</td><td class=\"n\">{Units.Duration(durations.Host.Percentile(0.99))}</td>");
                html.Write($"<td class=\"n\">{Units.Duration(durations.Host.MaxNanosecondsSeen)}</td></tr>\n");
            }

            html.Markup("</tbody></table></div>\n");
        }

        if (devices.Count > 0)
        {
            html.Markup("<h3>Writes that devices counted</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Device</th><th scope=\"col\" class=\"n\">Writes</th></tr></thead><tbody>\n");
            foreach (var (type, location, count) in devices.Take(MaxRows))
            {
                html.Write($"<tr><td class=\"nowrap\">{type} {string.Create(CultureInfo.InvariantCulture, $"0x{location:x}")}</td><td class=\"n\">{Units.Count(count)}</td></tr>\n");
            }

            html.Markup("</tbody></table></div>\n");
        }

        html.Markup("</section>\n");
    }
}
