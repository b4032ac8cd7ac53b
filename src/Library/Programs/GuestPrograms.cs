using KvmActors.Library.Checking;

namespace KvmActors.Library.Programs;

/// <summary>The guests that come with the program: the kernel, its user programs, bare programs, and those that <c>doctor</c> tries.</summary>
internal static class GuestPrograms
{
    private const string Name = "guest";

    /// <summary>Where they are.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, Name);

    /// <summary>What to do where they are missing.</summary>
    private static string Remedy => $"build them with the program (dotnet build src/Host, which needs gcc, binutils and make), or copy the folder {Name} beside it";

    /// <summary>Checks that they are there.</summary>
    /// <exception cref="ConfigurationException">They are not.</exception>
    public static void Check()
    {
        if (!Directory.Exists(Folder))
        {
            throw new ConfigurationException($"{Folder}: the program's own guests are missing; {Remedy}");
        }
    }

    /// <summary>Says that a file or folder is not where it is looked for.</summary>
    /// <param name="what">What was looked for: a file, or a file or folder.</param>
    /// <param name="path">What people wrote.</param>
    public static string SayMissing(string what, string path)
    {
        var line = $"there is no {what} {path} beside the scenario, beside the program or in the current folder";
        return !Path.IsPathRooted(path) && path.Split('/')[0] == Name ? $"{line}; if it is one of the program's own guests, {Remedy}" : line;
    }
}
