using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Output;

/// <summary>
/// Writes a histogram's buckets in one line, <c>[[0.3,12],[0.31,7]]</c>: the middle of each that is not empty, in microseconds and
/// ascending, and its count.
/// </summary>
internal sealed class BucketsConverter : JsonConverter<LatencyHistogram>
{
    private const double NanosecondsPerMicro = 1000;

    /// <inheritdoc/>
    public override LatencyHistogram Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("results are only written");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LatencyHistogram value, JsonSerializerOptions options)
    {
        var text = new StringBuilder("[");
        foreach (var (nanoseconds, count) in value.Buckets())
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 1 ? "," : "")}[{nanoseconds / NanosecondsPerMicro},{count}]");
        }

        writer.WriteRawValue(text.Append(']').ToString());
    }
}
