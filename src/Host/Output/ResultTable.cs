using System.Globalization;
using KvmActors.Actors.Results;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Statistics;
using Spectre.Console;

namespace KvmActors.Host.Output;

/// <summary>Shows people what became of a scenario: each VM's outcome, then where the time went.</summary>
internal static class ResultTable
{
    /// <summary>With more VMs than this, only those that failed get a row of their own.</summary>
    private const int MaxVmRows = 24;

    /// <summary>Writes the tables.</summary>
    public static void Write(IAnsiConsole console, ScenarioResult result)
    {
        console.Write(Outcomes(result));
        if (result.Statistics.Exits.Any())
        {
            console.Write(Durations(result.Statistics));
        }

        var good = result.Vms.Count(vm => vm.IsSuccess);
        var cancelled = result.WasCancelled ? ", interrupted" : "";
        console.MarkupLineInterpolated($"{result.Scenario}: {good} of {result.Vms.Count} VMs ended well in {result.Wall.TotalSeconds:0.000} s{cancelled}");
    }

    private static Table Outcomes(ScenarioResult result)
    {
        var table = NewTable("VM", "Outcome", "Exits", "Start", "Run", "Message");
        if (result.Vms.Count <= MaxVmRows)
        {
            foreach (var vm in result.Vms)
            {
                AddVm(table, vm);
            }

            return table;
        }

        foreach (var group in result.Vms.GroupBy(vm => (vm.Name, vm.Outcome, vm.ExitCode)))
        {
            table.AddRow(
                Plain($"{group.Key.Name} × {group.Count()}"),
                Outcome(group.First()),
                Plain(group.Sum(ExitsOf).ToString(CultureInfo.InvariantCulture)),
                Plain(Duration(group.Average(vm => vm.StartDuration.TotalMicroseconds))),
                Plain(Duration(group.Average(vm => vm.RunDuration.TotalMicroseconds))),
                Plain("averages"));
        }

        foreach (var vm in result.Vms.Where(vm => !vm.IsSuccess).Take(MaxVmRows))
        {
            AddVm(table, vm);
        }

        return table;
    }

    private static void AddVm(Table table, VmResult vm) => table.AddRow(
        Plain(vm.Id),
        Outcome(vm),
        Plain(string.Join(' ', ExitsByReason(vm).Select(exit => $"{exit.Key}:{exit.Value}"))),
        Plain(Duration(vm.StartDuration.TotalMicroseconds)),
        Plain(Duration(vm.RunDuration.TotalMicroseconds)),
        Plain(MessageOf(vm)));

    private static Table Durations(ExitStatistics statistics)
    {
        var table = NewTable("Exit", "Count", "Guest p50", "p99", "max", "Host p50", "p99", "max");
        foreach (var (reason, durations) in statistics.Exits)
        {
            table.AddRow([Plain(reason.ToString()), Count(durations.Host), .. Percentiles(durations.Guest), .. Percentiles(durations.Host)]);
        }

        foreach (var (number, durations) in statistics.Calls)
        {
            var none = Plain("");
            table.AddRow([Plain($"  {CallNames.NameOf(number)}"), Count(durations), none, none, none, .. Percentiles(durations)]);
        }

        return table;
    }

    private static IEnumerable<KeyValuePair<string, long>> ExitsByReason(VmResult vm) => vm.Vcpus
        .SelectMany(vcpu => vcpu.Exits)
        .GroupBy(exit => exit.Key)
        .Select(group => KeyValuePair.Create(group.Key.ToString(), group.Sum(exit => exit.Value)));

    private static string MessageOf(VmResult vm)
    {
        var message = vm.IsQuarantined ? $"{vm.Message} (quarantined after {vm.Restarts} restarts)".TrimStart()
            : vm.Restarts > 0 ? $"{vm.Message} (started again: {vm.Restarts})".TrimStart()
            : vm.Message;
        var missing = string.Join(' ', vm.MissingSystemCalls.Select(call => $"{call.Key}:{call.Value}"));
        return missing.Length == 0 ? message ?? "" : $"{message}\nnot served: {missing}".TrimStart('\n');
    }

    private static long ExitsOf(VmResult vm) => vm.Vcpus.Sum(vcpu => vcpu.Exits.Values.Sum());

    private static Markup Outcome(VmResult vm)
    {
        var text = vm.ExitCode is { } code ? $"{vm.Outcome} {code}" : vm.Outcome.ToString();
        return new Markup(Markup.Escape(text), new Style(vm.IsSuccess ? Color.Green : Color.Red));
    }

    private static IEnumerable<Text> Percentiles(LatencyHistogram durations) =>
    [
        Plain(Duration(durations.Percentile(0.5) / 1000)),
        Plain(Duration(durations.Percentile(0.99) / 1000)),
        Plain(Duration(durations.MaxNanosecondsSeen / 1000.0)),
    ];

    private static Text Count(LatencyHistogram durations) => Plain(durations.Count.ToString(CultureInfo.InvariantCulture));

    private static string Duration(double micros) => micros switch
    {
        < 1000 => $"{micros:0.0} µs",
        < 1_000_000 => $"{micros / 1000:0.00} ms",
        _ => $"{micros / 1_000_000:0.00} s",
    };

    private static Text Plain(string text) => new(text);

    private static Table NewTable(string first, params ReadOnlySpan<string> others)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn(first));
        foreach (var header in others)
        {
            var column = new TableColumn(header);
            table.AddColumn(header is "Outcome" or "Message" or "Exits" ? column : column.RightAligned());
        }

        return table;
    }
}
