using System.Globalization;

namespace KvmActors.Fuzz.Tests.Running;

/// <summary>What this process holds, which no number of cases may make more.</summary>
/// <param name="Descriptors">Open descriptors.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Mappings">Mappings of memory.</param>
/// <param name="ResidentMiB">Resident memory in MiB.</param>
internal sealed record FuzzFigures(int Descriptors, int Threads, int Mappings, long ResidentMiB)
{
    /// <summary>Counts.</summary>
    public static FuzzFigures Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return new FuzzFigures(
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            Directory.GetDirectories("/proc/self/task").Length,
            File.ReadLines("/proc/self/maps").Count(),
            Resident());
    }

    /// <summary>What has become more than a runtime's own coming and going explains; null for nothing.</summary>
    public string? GrownTo(FuzzFigures end) =>
        end.Descriptors > Descriptors + 16 ? $"descriptors: {Descriptors} to {end.Descriptors}"
        : end.Threads > Threads + 16 ? $"threads: {Threads} to {end.Threads}"
        : end.Mappings > Mappings + 400 ? $"mappings: {Mappings} to {end.Mappings}"
        : end.ResidentMiB > ResidentMiB + 256 ? $"resident MiB: {ResidentMiB} to {end.ResidentMiB}"
        : null;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Descriptors} descriptors, {Threads} threads, {Mappings} mappings, {ResidentMiB} MiB");

    private static long Resident()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
    }
}
