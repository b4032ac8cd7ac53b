using KvmActors.Actors.Results;
using KvmActors.Host.GuestOutput;
using KvmActors.Host.Inspection;
using KvmActors.Machine.Inspection;
using Spectre.Console;

namespace KvmActors.Host.Report;

/// <summary>The VMs that did not end as wanted, with what they wrote and their crash reports.</summary>
internal static class FailureSection
{
    private const int MaxRows = 100;
    private const int MaxReports = 24;
    private const int OpenReports = 1;
    private const int MaxMessage = 400;
    private const int ReportWidth = 160;

    /// <summary>Writes the section; nothing when every VM ended as wanted.</summary>
    public static void Write(HtmlWriter html, IReadOnlyList<VmResult> vms, Func<string, GuestText> outputOf)
    {
        var failed = vms.Where(vm => !vm.IsSuccess).ToList();
        if (failed.Count > 0)
        {
            html.Write($"<section><h2>{(failed.Count == 1 ? "One VM did not end as wanted" : $"{Units.Count(failed.Count)} VMs did not end as wanted")}</h2>\n");
            WriteTable(html, failed);
            WriteOutputs(html, failed.Select(vm => (vm.Id, Output: outputOf(vm.Id).ToString())).Where(vm => vm.Output.Length > 0));
        }

        // A VM that was meant to crash has a report worth reading too.
        var crashed = vms.Where(vm => vm.Crash is not null).OrderBy(vm => vm.IsSuccess).ToList();
        if (crashed.Count > 0)
        {
            html.Markup(failed.Count > 0 ? "<h3>Crash reports</h3>\n" : "<section><h2>Crash reports</h2>\n");
            WriteReports(html, crashed);
        }

        if (failed.Count > 0 || crashed.Count > 0)
        {
            html.Markup("</section>\n");
        }
    }

    private static void WriteTable(HtmlWriter html, List<VmResult> failed)
    {
        html.Markup("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">VM</th><th scope=\"col\">Outcome</th><th scope=\"col\">Message</th>");
        html.Markup("<th scope=\"col\" class=\"n\">Ran</th></tr></thead><tbody>\n");
        foreach (var vm in failed.Take(MaxRows))
        {
            html.Write($"<tr><td class=\"nowrap\">{vm.Id}</td><td class=\"nowrap\"><span class=\"key k-{OutcomeStyle.ClassOf(vm)}\"></span>{OutcomeStyle.NameOf(vm)}</td>");
            html.Write($"<td class=\"message\">{Cut(vm.Message)}{(vm.IsQuarantined ? $" (quarantined after {Units.Count(vm.Restarts)} restarts)" : "")}</td><td class=\"n\">{Units.Duration(vm.RunDuration.TotalNanoseconds)}</td></tr>\n");
        }

        html.Markup("</tbody></table></div>");
        if (failed.Count > MaxRows)
        {
            html.Write($"<p class=\"soft\">And {Units.Count(failed.Count - MaxRows)} more; <code>--json</code> has them all.</p>");
        }
    }

    private static void WriteOutputs(HtmlWriter html, IEnumerable<(string Id, string Output)> outputs)
    {
        foreach (var (id, output) in outputs.Take(MaxReports))
        {
            html.Write($"<details><summary>What {id} wrote</summary><pre>{Printable(output)}</pre></details>\n");
        }
    }

    // Control characters but ends of lines and tabs show as their pictures.
    private static string Printable(string output) =>
        string.Concat(output.Select(c => c < ' ' && c is not ('\n' or '\t') ? (char)('\u2400' + c) : c));

    private static void WriteReports(HtmlWriter html, List<VmResult> crashed)
    {
        foreach (var (index, vm) in crashed.Take(MaxReports).Index())
        {
            html.Write($"<details{(index < OpenReports ? " open" : "")}><summary>{vm.Id}, vCPU {vm.Crash!.VcpuIndex}: {Cut(vm.Crash.Exit)}</summary>");
            html.Write($"<pre>{TextOf(vm.Crash)}</pre></details>\n");
        }

        if (crashed.Count > MaxReports)
        {
            html.Write($"<p class=\"soft\">And {Units.Count(crashed.Count - MaxReports)} more; <code>--json</code> has them all.</p>");
        }
    }

    private static string TextOf(CrashReport crash)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = ReportWidth;
        CrashReportText.WriteBody(console, crash);
        return text.ToString().TrimEnd();
    }

    private static string? Cut(string? message) => message is { Length: > MaxMessage } ? message[..MaxMessage] + "…" : message;
}
