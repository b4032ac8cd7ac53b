using System.Text.Json;
using KvmActors.Host.Output;

namespace KvmActors.Host.Compare;

/// <summary>Takes out of a run's results what is compared. Anybody may have written the file: everything is checked.</summary>
/// <param name="root">The results.</param>
internal sealed class ResultReader(JsonElement root)
{
    /// <summary>The longest file that is read, in bytes.</summary>
    public const int MaxFileBytes = 1 << 30;

    private const double NanosecondsPerMicro = 1000;

    // As many durations as a histogram counts exactly; and a century.
    private const long MaxCount = 1L << 53;
    private const double MaxMicros = 3.2e15;

    /// <summary>Reads a run.</summary>
    /// <param name="name">What it is called.</param>
    /// <exception cref="InvalidDataException">These are no results, or not of a version that can be compared.</exception>
    public ComparedRun Read(string name)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("scenario", out _) || !root.TryGetProperty("vms", out _))
        {
            throw new InvalidDataException("these are no results of a run; --json writes them");
        }

        if (!root.TryGetProperty("schemaVersion", out var schema))
        {
            throw new InvalidDataException("written by a version of this program whose results have no buckets; run it again with this one");
        }

        if (schema.ValueKind != JsonValueKind.Number || !schema.TryGetInt32(out var version) || version != ResultDocument.CurrentSchema)
        {
            throw new InvalidDataException($"schemaVersion {schema.GetRawText()} is not known; this version of the program knows {ResultDocument.CurrentSchema}");
        }

        var machine = Member(root, "machine", "", JsonValueKind.Object);
        var byVm = Member(root, "byVm", "", JsonValueKind.Object).EnumerateObject().ToList();
        var vms = Member(root, "vms", "", JsonValueKind.Array).EnumerateArray().ToList();
        return new ComparedRun
        {
            Name = name,
            Scenario = Text(root, "scenario", ""),
            ProgramVersion = Text(root, "programVersion", ""),
            StartedAt = Text(root, "startedAt", ""),
            Processor = Text(machine, "processor", "machine."),
            Kernel = Text(machine, "kernel", "machine."),
            KvmModule = Text(Member(machine, "kvm", "machine.", JsonValueKind.Object), "module", "machine.kvm."),

            // Results from before there was another say nothing.
            Backend = root.TryGetProperty("backend", out _) ? Text(root, "backend", "") : nameof(Machine.Processor.Backend.Kvm),
            Exits = [.. ExitsOf(root, "", "")],
            Hypercalls = [.. CallsOf(root, "", "")],
            Vms = [.. StartsAndRuns(vms, "name"), .. byVm.Count > 1 ? byVm.SelectMany(OfVm) : []],
            Instances = [.. StartsAndRuns([.. vms.GroupBy(vm => Text(vm, "name", "vms[].")).Where(group => group.Count() > 1).SelectMany(group => group)], "id")],
        };
    }

    private static IEnumerable<(string Name, BucketDistribution Durations)> OfVm(JsonProperty vm) =>
        ExitsOf(vm.Value, $"byVm.{vm.Name}.", $"{vm.Name}: ").Concat(CallsOf(vm.Value, $"byVm.{vm.Name}.", $"{vm.Name}: "));

    private static IEnumerable<(string Name, BucketDistribution Durations)> ExitsOf(JsonElement parent, string path, string prefix) =>
        from exit in Member(parent, "exits", path, JsonValueKind.Object).EnumerateObject()
        from side in (string[])["host", "guest"]
        select ($"{prefix}{exit.Name}, {side}", Buckets(exit.Value, $"{side}Micros", $"{path}exits.{exit.Name}."));

    private static IEnumerable<(string Name, BucketDistribution Durations)> CallsOf(JsonElement parent, string path, string prefix) =>
        from call in Member(parent, "hypercalls", path, JsonValueKind.Object).EnumerateObject()
        select ($"{prefix}{call.Name}", Buckets(call.Value, "micros", $"{path}hypercalls.{call.Name}."));

    // What never was entered has neither.
    private static IEnumerable<(string Name, BucketDistribution Durations)> StartsAndRuns(List<JsonElement> vms, string nameField) =>
        from part in vms.Index()
            .SelectMany(row => ((string Name, string Field)[])[("start", "startMicros"), ("run", "runMicros")], (row, part) => (
                Name: $"{Text(row.Item, nameField, $"vms[{row.Index}].")}: {part.Name}",
                Micros: Number(row.Item, part.Field, $"vms[{row.Index}]."))).GroupBy(part => part.Name, part => part.Micros)
        let entered = part.Where(micros => micros > 0).Select(micros => micros * NanosecondsPerMicro).ToList()
        select (part.Key, BucketDistribution.Of(entered));

    private static BucketDistribution Buckets(JsonElement parent, string field, string path)
    {
        path = $"{path}{field}.buckets";
        var durations = Member(parent, field, path[..path.LastIndexOf($"{field}.", StringComparison.Ordinal)], JsonValueKind.Object);
        var buckets = new List<(double, long)>();
        double last = -1;
        long sum = 0;
        foreach (var bucket in Member(durations, "buckets", path[..^"buckets".Length], JsonValueKind.Array).EnumerateArray())
        {
            if (bucket.ValueKind != JsonValueKind.Array || bucket.GetArrayLength() != 2
                || bucket[0].ValueKind != JsonValueKind.Number || !bucket[0].TryGetDouble(out var micros) || !(micros > last && micros <= MaxMicros)
                || bucket[1].ValueKind != JsonValueKind.Number || !bucket[1].TryGetInt64(out var count) || count < 1 || (sum += Math.Min(count, MaxCount)) > MaxCount)
            {
                throw new InvalidDataException($"{path}: not pairs of a duration and a count, the durations ascending");
            }

            buckets.Add((micros * NanosecondsPerMicro, count));
            last = micros;
        }

        return new BucketDistribution(buckets);
    }

    private static string Text(JsonElement parent, string name, string path) =>
        // A lone half of a surrogate pair is JSON, but no text.
        Member(parent, name, path, JsonValueKind.String) is var text && TryGetString(text, out var value) ? value
        : throw new InvalidDataException($"{path}{name}: no text");

    private static bool TryGetString(JsonElement element, out string value)
    {
        try
        {
            value = element.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            value = "";
            return false;
        }
    }

    private static double Number(JsonElement parent, string name, string path) =>
        Member(parent, name, path, JsonValueKind.Number).TryGetDouble(out var value) && value is >= 0 and <= MaxMicros ? value
        : throw new InvalidDataException($"{path}{name}: not a duration in microseconds");

    private static JsonElement Member(JsonElement parent, string name, string path, JsonValueKind kind) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) && member.ValueKind == kind ? member
        : throw new InvalidDataException($"{path}{name}: missing, or no {kind.ToString().ToLowerInvariant()}");
}
