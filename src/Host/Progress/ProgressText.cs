using System.Globalization;
using KvmActors.Actors.Services;

namespace KvmActors.Host.Progress;

/// <summary>How far a scenario is, in a line.</summary>
internal static class ProgressText
{
    /// <summary>Makes the line.</summary>
    /// <param name="now">How far it is.</param>
    /// <param name="elapsed">How long it has run.</param>
    /// <param name="exitsPerSecond">How many exits there were lately.</param>
    public static string Format(ProgressSnapshot now, TimeSpan elapsed, double exitsPerSecond)
    {
        var p99 = now.Exits == 0 ? "" : $", host p99 {Units.Duration(now.Latency.Percentile(0.99))}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{elapsed.TotalSeconds:0.0} s: {now.Waiting} waiting, {now.Running} running, {now.Succeeded} done, {now.Failed} failed, {Units.Count((long)exitsPerSecond)} exits/s{p99}");
    }
}
