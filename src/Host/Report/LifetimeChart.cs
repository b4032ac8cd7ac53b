using System.Globalization;
using KvmActors.Actors.Results;

namespace KvmActors.Host.Report;

/// <summary>
/// When each VM lived. A few have a row each, with their names; many share rows, one after the other as places became free, so
/// that there are as many rows as VMs were alive at once.
/// </summary>
internal static class LifetimeChart
{
    private const double Width = 1040, NameWidth = 150, Right = 20;
    private const int MaxNamed = 60;
    private const int MaxWithTooltips = 2500;
    private const int MaxBands = 15_000;
    private const double NamedRow = 16, MaxHeight = 480, MaxRow = 12, LeastWidth = 0.6, LeastFailed = 1.5;

    /// <summary>Writes the section; nothing when no VM's times are known.</summary>
    public static void Write(HtmlWriter html, ScenarioResult result)
    {
        var vms = result.Vms.Where(vm => vm.Times is not null).OrderBy(vm => vm.Times!.AskedFor).ToList();
        if (vms.Count == 0)
        {
            return;
        }

        var named = vms.Count <= MaxNamed;
        var rows = named ? [.. Enumerable.Range(0, vms.Count)] : Share(vms);
        var count = rows.Max() + 1;
        var rowHeight = named ? NamedRow : Math.Min(MaxRow, MaxHeight / count);
        var height = count * rowHeight;
        var left = named ? NameWidth : 20;
        var end = vms.Max(vm => vm.Times!.Ended);
        var time = new TimeScale(end > TimeSpan.Zero ? end : TimeSpan.FromTicks(1), left, Width - left - Right);

        html.Markup("<section><h2>VM lifetimes</h2>\n");
        html.Write($"<p class=\"soft\">{(named ? "From asking for each VM to its end." : $"{Units.Count(vms.Count)} VMs, at most {Units.Count(count)} at once: a VM takes the first row that is free.")}</p>\n");
        html.Markup("<div class=\"legend\"><span><span class=\"key k-starting\"></span>starting</span>");
        foreach (var (kind, meaning) in OutcomeStyle.Legend.Where(kind => vms.Any(vm => OutcomeStyle.ClassOf(vm) == kind.Class)))
        {
            html.Write($"<span><span class=\"key k-{kind}\"></span>{meaning}</span>");
        }

        html.Write($"</div>\n<figure><svg viewBox=\"0 0 {Width} {height + 26}\" role=\"img\"><title>VM lifetimes</title>");
        html.Write($"<desc>{Units.Count(vms.Count)} VMs over {Units.Duration(time.Whole.TotalNanoseconds)}, at most {Units.Count(count)} rows.</desc>\n");
        foreach (var tick in time.Ticks)
        {
            html.Write($"<path class=\"grid\" d=\"M{time.At(tick)} 0V{height}\"/><text class=\"mid\" x=\"{time.At(tick)}\" y=\"{height + 16}\">{time.Label(tick)}</text>\n");
        }

        if (vms.Count <= MaxWithTooltips)
        {
            WriteBars(html, time, vms, rows, rowHeight, named);
        }
        else
        {
            WriteBands(html, time, vms, rows, rowHeight);
        }

        html.Markup("</svg></figure></section>\n");
    }

    /// <summary>Gives each VM the first row whose last VM has ended.</summary>
    private static int[] Share(List<VmResult> vms)
    {
        var free = new PriorityQueue<int, int>();
        var taken = new PriorityQueue<int, TimeSpan>();
        var rows = new int[vms.Count];
        var count = 0;
        for (var index = 0; index < rows.Length; index++)
        {
            while (taken.TryPeek(out var row, out var ended) && ended <= vms[index].Times!.AskedFor)
            {
                taken.Dequeue();
                free.Enqueue(row, row);
            }

            rows[index] = free.TryDequeue(out var first, out _) ? first : count++;
            taken.Enqueue(rows[index], vms[index].Times!.Ended);
        }

        return rows;
    }

    private static void WriteBars(HtmlWriter html, in TimeScale time, List<VmResult> vms, int[] rows, double rowHeight, bool named)
    {
        var gap = named ? 4 : rowHeight > 4 ? 1 : 0;
        foreach (var (index, vm) in vms.Index().OrderBy(row => !row.Item.IsSuccess))
        {
            // Those that failed come last, on top, and never too thin to be seen.
            var times = vm.Times!;
            var (y, bar) = (rows[index] * rowHeight, vm.IsSuccess ? rowHeight - gap : Math.Max(LeastFailed, rowHeight - gap));
            var (asked, entered, ended) = (time.At(times.AskedFor), time.At(times.Entered ?? times.Ended), time.At(times.Ended));
            html.Write($"<g><title>{vm.Id}: {OutcomeStyle.NameOf(vm)}, from {time.Label(times.AskedFor)}, start {Units.Duration(vm.StartDuration.TotalNanoseconds)}, run {Units.Duration(vm.RunDuration.TotalNanoseconds)}</title>");
            if (named)
            {
                html.Write($"<text class=\"end\" x=\"{NameWidth - 10}\" y=\"{y + 10}\">{Shortened(vm.Id)}</text>");
            }

            html.Write($"<rect class=\"starting\" x=\"{asked}\" y=\"{y}\" width=\"{Math.Max(0, entered - asked)}\" height=\"{bar}\"/>");
            html.Write($"<rect class=\"{OutcomeStyle.ClassOf(vm)}\" x=\"{entered}\" y=\"{y}\" width=\"{Math.Max(LeastWidth, ended - entered)}\" height=\"{bar}\"/></g>\n");
        }
    }

    // Thousands of elements would make the file large and the browser slow: one path for each colour, and bars that fall on the
    // same place drawn once. Those that failed come last, on top.
    private static void WriteBands(HtmlWriter html, in TimeScale time, List<VmResult> vms, int[] rows, double rowHeight)
    {
        foreach (var kind in OutcomeStyle.Legend.Select(kind => kind.Class))
        {
            var drawn = new HashSet<string>();
            foreach (var (index, vm) in vms.Index().Where(row => OutcomeStyle.ClassOf(row.Item) == kind))
            {
                if (drawn.Count == MaxBands)
                {
                    html.Write($"<text x=\"0\" y=\"-2\">only the first {Units.Count(MaxBands)} of a kind are drawn</text>");
                    break;
                }

                var (from, to) = (time.At(vm.Times!.AskedFor), time.At(vm.Times.Ended));
                var height = kind == "good" ? rowHeight : Math.Max(LeastFailed, rowHeight);
                drawn.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"M{from:0.#} {rows[index] * rowHeight:0.#}h{Math.Max(LeastWidth, to - from):0.#}v{height:0.##}h-{Math.Max(LeastWidth, to - from):0.#}z"));
            }

            if (drawn.Count > 0)
            {
                html.Write($"<path class=\"{kind}\" d=\"{string.Concat(drawn)}\"/>\n");
            }
        }
    }

    private static string Shortened(string name) => name.Length <= 22 ? name : $"{name[..10]}…{name[^11..]}";
}
