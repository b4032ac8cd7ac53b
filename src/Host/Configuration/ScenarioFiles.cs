using KvmActors.Library.Checking;


namespace KvmActors.Host.Configuration;

/// <summary>Finds scenario files, and the files that scenarios name.</summary>
internal static class ScenarioFiles
{
    private const string Extension = ".json";

    /// <summary>The scenarios that come with the program.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "config", "scenarios");

    /// <summary>All scenarios that come with the program, by name.</summary>
    public static IEnumerable<string> All() => Directory.Exists(Folder)
        ? Directory.EnumerateFiles(Folder, "*" + Extension).Order(StringComparer.Ordinal)
        : [];

    /// <summary>Finds a scenario by the name of one that comes with the program, or by its file.</summary>
    /// <param name="nameOrFile">What people wrote.</param>
    /// <param name="option">Where they wrote it, for messages.</param>
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static string Find(string nameOrFile, string option = "--scenario")
    {
        var builtIn = Path.Combine(Folder, nameOrFile + Extension);
        if (Path.GetFileName(nameOrFile) == nameOrFile && File.Exists(builtIn))
        {
            return builtIn;
        }

        if (File.Exists(nameOrFile))
        {
            return Path.GetFullPath(nameOrFile);
        }

        var names = string.Join(", ", All().Select(Path.GetFileNameWithoutExtension));
        throw new ConfigurationException($"{option} {nameOrFile}: neither a scenario of the program ({names}) nor a file");
    }

    /// <summary>
    /// Finds a file or folder that a scenario names: an absolute path as it is, a relative one beside the scenario, then
    /// beside the program, then in the current folder.
    /// </summary>
    /// <returns>The full path, or null when nothing is there.</returns>
    public static string? Resolve(string path, string scenarioFile)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        string?[] folders = [Path.GetDirectoryName(scenarioFile), AppContext.BaseDirectory, CurrentFolder()];
        return folders.OfType<string>().Select(folder => Path.GetFullPath(path, folder)).FirstOrDefault(Path.Exists);
    }

    // It may have been removed meanwhile.
    private static string? CurrentFolder()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
