using System.Globalization;

namespace KvmActors.EndToEnd.Tests;

/// <summary>How often a test does the same: more than a little only where somebody looks for what happens seldom.</summary>
internal static class RoundCount
{
    /// <summary>What an environment variable says, or so many as there are without it.</summary>
    public static int Of(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var rounds) ? rounds : otherwise;
}
