using System.Text.Json;
using KvmActors.Bench.Measuring;

namespace KvmActors.Bench;

/// <summary>What a subcommand of the C reference measured.</summary>
/// <param name="Operations">How many operations it made.</param>
/// <param name="NsPerOperation">The mean of one, in nanoseconds.</param>
internal sealed record ReferenceResult(long Operations, double NsPerOperation)
{
    /// <summary>Reads what it printed.</summary>
    /// <exception cref="MeasurementException">It is something else.</exception>
    public static ReferenceResult Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<ReferenceResult>(json, JsonSerializerOptions.Web)!;
        }
        catch (JsonException)
        {
            throw new MeasurementException($"the C reference printed no result: {json.Trim()}");
        }
    }
}
