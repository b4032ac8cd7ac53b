namespace KvmActors.Linux.Calls;

/// <summary>What calls are called in results, spans and metrics.</summary>
public static class CallNames
{
    /// <summary>The name of a call that is counted: Linux's for a system call, ours for other hypercalls.</summary>
    public static string NameOf(int number) => SyscallNames.Find(number) ?? ((CallNumber)number).ToString().ToLowerInvariant();

    /// <summary>How often calls were made that nobody serves, by Linux's name, or by number where there is no name.</summary>
    /// <param name="counts">The same by number.</param>
    public static IReadOnlyDictionary<string, long> OfMissing(IReadOnlyDictionary<int, long> counts) => counts.ToDictionary(
        row => SyscallNames.Find(row.Key) ?? row.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), row => row.Value);
}
