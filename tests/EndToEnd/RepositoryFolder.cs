namespace KvmActors.EndToEnd.Tests;

/// <summary>The sources, for tests that read them.</summary>
internal static class RepositoryFolder
{
    /// <summary>The folder that KvmActors.sln is in.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvmActors.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below the sources.");
    }
}
