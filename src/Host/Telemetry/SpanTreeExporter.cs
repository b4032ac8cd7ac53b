using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenTelemetry;

namespace KvmActors.Host.Telemetry;

/// <summary>
/// Writes each trace as a tree once its root has ended. Spans end children first, so they are kept until then; a trace with more
/// spans than <paramref name="maxSpans"/> is written as lines instead, each when its span ends, and a line says so.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="maxSpans">The most spans that are kept at once, all traces together.</param>
internal sealed class SpanTreeExporter(TextWriter writer, int maxSpans = 20_000) : BaseExporter<Activity>
{
    private readonly Dictionary<ActivityTraceId, List<Node>> _traces = [];
    private readonly HashSet<ActivityTraceId> _tooLarge = [];
    private int _kept;

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (var span in batch)
        {
            Take(span);
        }

        return ExportResult.Success;
    }

    /// <inheritdoc/>
    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        foreach (var (trace, nodes) in _traces)
        {
            writer.WriteLine($"trace {Short(trace)}: its root has not ended; its spans in the order they ended");
            WriteLines(trace, nodes);
        }

        _traces.Clear();
        return true;
    }

    // As exactly as spans are stamped: to 100 ns.
    private static string Milliseconds(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0000} ms");

    private static string Short(ActivityTraceId trace) => trace.ToHexString()[..8];

    private void Take(Activity span)
    {
        var node = Node.Of(span);
        var isRoot = span.ParentSpanId == default;
        if (_tooLarge.Contains(span.TraceId))
        {
            WriteLines(span.TraceId, [node]);
            if (isRoot)
            {
                _tooLarge.Remove(span.TraceId);
            }

            return;
        }

        if (!_traces.TryGetValue(span.TraceId, out var nodes))
        {
            _traces[span.TraceId] = nodes = [];
        }

        nodes.Add(node);
        _kept++;
        if (isRoot)
        {
            Forget(span.TraceId, nodes);
            WriteTree(span.TraceId, node, nodes);
        }
        else if (_kept > maxSpans)
        {
            Forget(span.TraceId, nodes);
            _tooLarge.Add(span.TraceId);
            writer.WriteLine($"trace {Short(span.TraceId)}: more than {maxSpans} spans, too many for a tree; a line for each as it ends");
            WriteLines(span.TraceId, nodes);
        }
    }

    private void Forget(ActivityTraceId trace, List<Node> nodes)
    {
        _traces.Remove(trace);
        _kept -= nodes.Count;
    }

    private void WriteLines(ActivityTraceId trace, List<Node> nodes)
    {
        foreach (var node in nodes)
        {
            writer.WriteLine($"{node.Start:HH:mm:ss.ffffff} {Short(trace)} {node.Text}");
        }
    }

    private void WriteTree(ActivityTraceId trace, Node root, List<Node> nodes)
    {
        var children = nodes.Where(node => node != root).ToLookup(node => node.Parent);
        var text = new StringBuilder();
        text.Append($"{root.Start:HH:mm:ss.ffffff} {Short(trace)} {root.Text}\n");
        AddChildren(text, root, root.Start, "", children);

        // A span whose parent was left out by a sampler hangs below nothing.
        var known = nodes.Select(node => node.Id).ToHashSet();
        foreach (var orphan in nodes.Where(node => node != root && !known.Contains(node.Parent)))
        {
            text.Append($"(parent missing) {orphan.Text}\n");
            AddChildren(text, orphan, root.Start, "", children);
        }

        writer.Write(text);
    }

    private static void AddChildren(StringBuilder text, Node parent, DateTime origin, string indent, ILookup<ActivitySpanId, Node> children)
    {
        var below = parent.Events.Select(happened => (At: happened.Timestamp.UtcDateTime, Event: happened.Name, Span: (Node?)null))
            .Concat(children[parent.Id].Select(child => (At: child.Start, Event: "", Span: (Node?)child)))
            .OrderBy(item => item.At)
            .ToList();
        foreach (var (index, (at, happened, span)) in below.Index())
        {
            var isLast = index == below.Count - 1;
            text.Append(indent).Append(isLast ? "└─ " : "├─ ").Append($"+{Milliseconds((at - origin).TotalMilliseconds)} ");
            text.Append(span?.Text ?? $"· {happened}").Append('\n');
            if (span is not null)
            {
                AddChildren(text, span, origin, indent + (isLast ? "   " : "│  "), children);
            }
        }
    }

    /// <summary>What is kept of a span.</summary>
    private sealed record Node(ActivitySpanId Id, ActivitySpanId Parent, DateTime Start, string Text, IReadOnlyList<ActivityEvent> Events)
    {
        public static Node Of(Activity span) =>
            new(span.SpanId, span.ParentSpanId, span.StartTimeUtc, TextFor(span), span.Events.Any() ? [.. span.Events] : []);

        private static string TextFor(Activity span)
        {
            var text = new StringBuilder();
            text.Append($"{span.OperationName} {Milliseconds(span.Duration.TotalMilliseconds)}");
            foreach (var (key, value) in span.EnumerateTagObjects())
            {
                text.Append($" {key}={TextOf(key, value)}");
            }

            foreach (var link in span.Links)
            {
                text.Append($" restarts={link.Context.SpanId}");
            }

            return span.StatusDescription is { } problem ? text.Append($" error=\"{problem}\"").ToString() : text.ToString();
        }

        // Durations are seconds, in one format here with all the others.
        private static string? TextOf(string key, object? value) =>
            value is double seconds && key.EndsWith(".duration", StringComparison.Ordinal) ? Milliseconds(seconds * 1000)
            : Convert.ToString(value, CultureInfo.InvariantCulture);
    }
}
