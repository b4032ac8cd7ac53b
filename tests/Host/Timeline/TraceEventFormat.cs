using System.Text.Json;

namespace KvmActors.Host.Tests.Timeline;

/// <summary>
/// Checks a document against what the "Trace Event Format" document asks of the JSON object form with complete and metadata
/// events: the fields, their types, and that the slices of a thread lie inside each other or apart.
/// </summary>
internal static class TraceEventFormat
{
    private static readonly Dictionary<string, JsonValueKind> MetadataArguments = new()
    {
        ["process_name"] = JsonValueKind.String,
        ["process_sort_index"] = JsonValueKind.Number,
        ["thread_name"] = JsonValueKind.String,
        ["thread_sort_index"] = JsonValueKind.Number,
    };

    /// <summary>Fails when something is wrong.</summary>
    /// <returns>The slices.</returns>
    public static IReadOnlyList<TraceSlice> Validate(JsonElement document)
    {
        Assert.Equal(JsonValueKind.Object, document.ValueKind);
        Assert.Contains(document.GetProperty("displayTimeUnit").GetString(), (string[])["ms", "ns"]);
        var slices = new List<TraceSlice>();
        var named = new HashSet<(int, int)>();
        foreach (var entry in document.GetProperty("traceEvents").EnumerateArray())
        {
            var (process, thread, name) = (entry.GetProperty("pid").GetInt32(), entry.GetProperty("tid").GetInt32(), entry.GetProperty("name").GetString()!);
            Assert.NotEmpty(name);
            switch (entry.GetProperty("ph").GetString())
            {
                case "M":
                    var argument = Assert.Single(entry.GetProperty("args").EnumerateObject());
                    Assert.Equal((MetadataArguments[name], name.EndsWith("_name", StringComparison.Ordinal) ? "name" : "sort_index"), (argument.Value.ValueKind, argument.Name));
                    Assert.True(!name.EndsWith("_name", StringComparison.Ordinal) || named.Add((process, thread)), $"{process}/{thread} has two names");
                    break;
                case "X":
                    Assert.Contains((process, thread), named);
                    Assert.Contains((process, 0), named);
                    slices.Add(new TraceSlice(
                        process, thread, entry.GetProperty("cat").GetString()!, name, Nanoseconds(entry, "ts"), Nanoseconds(entry, "dur")));
                    break;
                case var other:
                    Assert.Fail($"an event of kind {other}");
                    break;
            }
        }

        foreach (var track in slices.GroupBy(slice => (slice.Process, slice.Thread)))
        {
            AssertNested(track);
        }

        return slices;
    }

    // Written in microseconds with up to three decimals: nanoseconds, exactly.
    private static long Nanoseconds(JsonElement entry, string field)
    {
        var nanoseconds = entry.GetProperty(field).GetDecimal() * 1000;
        Assert.True(nanoseconds >= 0 && nanoseconds == decimal.Truncate(nanoseconds), $"{field} {nanoseconds} ns");
        return (long)nanoseconds;
    }

    private static void AssertNested(IEnumerable<TraceSlice> track)
    {
        var open = new Stack<TraceSlice>();
        foreach (var slice in track.OrderBy(slice => slice.Start).ThenByDescending(slice => slice.Duration))
        {
            while (open.TryPeek(out var last) && last.End <= slice.Start)
            {
                open.Pop();
            }

            Assert.True(open.Count == 0 || slice.End <= open.Peek().End, $"{slice} crosses the end of {(open.Count > 0 ? open.Peek() : null)}");
            open.Push(slice);
        }
    }
}

/// <summary>A slice; times in nanoseconds.</summary>
internal sealed record TraceSlice(int Process, int Thread, string Category, string Name, long Start, long Duration)
{
    public long End => Start + Duration;
}
