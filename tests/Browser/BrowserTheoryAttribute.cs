namespace KvmActors.Browser.Tests;

/// <summary>A theory that needs Chromium; where there is none it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Path is null ? "opens a run's report in Chromium, and none is on PATH: apt-get install chromium" : null;

    /// <summary>The browser's file; null when there is none.</summary>
    public static string? Path { get; } = Find();

    private static string[] Names => ["chromium", "chromium-browser", "google-chrome"];

    private static string? Find()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return Names.SelectMany(name => folders.Select(folder => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
