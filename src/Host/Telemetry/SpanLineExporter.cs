using System.Diagnostics;
using System.Text;
using OpenTelemetry;

namespace KvmActors.Host.Telemetry;

/// <summary>Writes one readable line for each span when it ends; the deeper in the trace, the further to the right.</summary>
internal sealed class SpanLineExporter(TextWriter writer) : BaseExporter<Activity>
{
    private static readonly string[] Depths = ["scenario", "vm", "vcpu", "exit"];

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (var span in batch)
        {
            writer.WriteLine(LineFor(span));
        }

        return ExportResult.Success;
    }

    private static string LineFor(Activity span)
    {
        var depth = Array.IndexOf(Depths, span.OperationName);
        var indent = new string(' ', 2 * (depth < 0 ? Depths.Length - 1 : depth));
        var line = new StringBuilder();
        line.Append($"{span.StartTimeUtc:HH:mm:ss.ffffff} {span.TraceId.ToHexString().AsSpan(0, 8)} {indent}{span.OperationName}");
        line.Append($" {span.Duration.TotalMicroseconds:0.0} µs");
        foreach (var (key, value) in span.EnumerateTagObjects())
        {
            line.Append($" {ShortName(key)}={value}");
        }

        return span.StatusDescription is { } problem ? $"{line} error=\"{problem}\"" : line.ToString();
    }

    // kvm.exit.reason is known to be KVM's here.
    private static string ShortName(string tag) => tag.StartsWith("kvm.", StringComparison.Ordinal) ? tag[4..] : tag;
}
