using System.Globalization;
using KvmActors.Actors.Results;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using Spectre.Console;

namespace KvmActors.Host.Output;

/// <summary>Shows people what became of a scenario: each VM's outcome, then where the time went.</summary>
internal static class ResultTable
{
    /// <summary>With more VMs than this, only those that failed get a row of their own.</summary>
    private const int MaxVmRows = 24;

    /// <summary>On a console of fewer columns than this, tables stand close: figures and their units are never torn apart.</summary>
    private const int RoomyWidth = 100;

    /// <summary>Writes the tables.</summary>
    public static void Write(IAnsiConsole console, ScenarioResult result)
    {
        var isNarrow = console.Profile.Width < RoomyWidth;
        console.Write(Outcomes(result, isNarrow));
        if (result.Statistics.Exits.Any())
        {
            console.Write(Durations(result.Statistics, isNarrow));
        }

        var good = result.Vms.Count(vm => vm.IsSuccess);
        var inSoftware = result.Vms.Count(vm => vm.Backend == Backend.Software) switch
        {
            0 => "",
            var count when count == result.Vms.Count => ", in software",
            var count => $", {count} of them in software",
        };
        var cancelled = result.WasCancelled ? ", interrupted" : "";
        console.MarkupLineInterpolated($"{result.Scenario}: {good} of {result.Vms.Count} VMs ended well in {result.Wall.TotalSeconds:0.000} s{inSoftware}{cancelled}");
    }

    private static Table Outcomes(ScenarioResult result, bool isNarrow)
    {
        var table = NewTable(isNarrow, "VM", "Outcome", "Exits", "Start", "Run", "Message");
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
                Plain(Units.Duration(group.Average(vm => vm.StartDuration.TotalNanoseconds))),
                Plain(Units.Duration(group.Average(vm => vm.RunDuration.TotalNanoseconds))),
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
        Plain(Units.Duration(vm.StartDuration.TotalNanoseconds)),
        Plain(Units.Duration(vm.RunDuration.TotalNanoseconds)),
        Plain(MessageOf(vm)));

    private static Table Durations(ExitStatistics statistics, bool isNarrow)
    {
        var table = isNarrow
            ? NewTable(isNarrow, "Exit", "Count", "Guest\np50", "p99", "max", "Host\np50", "p99", "max")
            : NewTable(isNarrow, "Exit", "Count", "Guest p50", "p99", "max", "Host p50", "p99", "max");
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
        var unknown = string.Join(' ', vm.UnknownInstructions.Select(row => $"{row.Key}:{row.Value}"));
        return string.Join('\n', ((string?[])
        [
            message,
            missing.Length == 0 ? null : $"not served: {missing}",
            unknown.Length == 0 ? null : $"not executed: {unknown}",
        ]).Where(line => !string.IsNullOrEmpty(line)));
    }

    private static long ExitsOf(VmResult vm) => vm.Vcpus.Sum(vcpu => vcpu.Exits.Values.Sum());

    private static Markup Outcome(VmResult vm)
    {
        var text = vm.ExitCode is { } code ? $"{vm.Outcome} {code}" : vm.Outcome.ToString();
        return new Markup(Markup.Escape(text), new Style(vm.IsSuccess ? Color.Green : Color.Red));
    }

    private static IEnumerable<Text> Percentiles(LatencyHistogram durations) =>
    [
        Plain(Units.Duration(durations.Percentile(0.5))),
        Plain(Units.Duration(durations.Percentile(0.99))),
        Plain(Units.Duration(durations.MaxNanosecondsSeen)),
    ];

    private static Text Count(LatencyHistogram durations) => Plain(durations.Count.ToString(CultureInfo.InvariantCulture));

    private static Text Plain(string text) => new(text);

    private static Table NewTable(bool isNarrow, params ReadOnlySpan<string> headers)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var header in headers)
        {
            // What may be long gives way; what is a figure does not.
            var isText = header is "VM" or "Exit" or "Exits" or "Message";
            var column = new TableColumn(new Text(header)) { NoWrap = !isText };
            if (isNarrow)
            {
                column.Padding = new Padding(0);
            }

            table.AddColumn(isText || header == "Outcome" ? column : column.RightAligned());
        }

        return table;
    }
}
