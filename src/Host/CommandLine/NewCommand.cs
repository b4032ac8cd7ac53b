using System.Text.RegularExpressions;
using KvmActors.Host.Templates;
using KvmActors.Library.Checking;

namespace KvmActors.Host.CommandLine;

/// <summary>Writes a scenario to begin with, with a guest of its own, into a new folder.</summary>
internal static partial class NewCommand
{
    private const string Schema = "scenario.schema.json";

    /// <summary>Writes it, and says on standard output what to do next.</summary>
    /// <param name="path">The folder; its last name is the scenario's.</param>
    /// <param name="kind">What the guest is written in.</param>
    /// <returns>The process's exit code.</returns>
    /// <exception cref="ConfigurationException">The name is none for a VM, something is there already, or it cannot be written.</exception>
    public static int Run(string path, GuestKind kind)
    {
        var folder = path.Length == 0 ? "" : Path.TrimEndingDirectorySeparator(path);
        var name = Path.GetFileName(folder);
        if (!NamePattern().IsMatch(name))
        {
            throw new ConfigurationException($"new {path}: a scenario's name is at most 200 letters, digits, '.', '_' and '-' and starts with a letter or digit");
        }

        try
        {
            if (Path.Exists(folder))
            {
                throw new ConfigurationException($"new {path}: it is there already; nothing was written");
            }

            Directory.CreateDirectory(folder);
            foreach (var (file, content) in ScenarioTemplate.Files(name, kind, ProgramName()))
            {
                Write(Path.Combine(folder, file), content);
            }

            Write(Path.Combine(folder, Schema), File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config", Schema)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"new {path}: {e.Message.ReplaceLineEndings(" ")}");
        }

        Console.WriteLine($"{folder}: {name}.json, a scenario; {(kind == GuestKind.C ? "guest.c" : "guest.S")}, its guest; Makefile");
        Console.WriteLine($"Run it: make -C {folder} run    (or: make -C {folder}, and --scenario {folder}/{name}.json)");
        return ExitCodes.Success;
    }

    // Whatever came in its place meanwhile stays as it is.
    private static void Write(string file, string content)
    {
        using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        using var writer = new StreamWriter(stream);
        writer.Write(content);
    }

    private static string ProgramName()
    {
        const string Name = "kvmactors";
        if (Environment.ProcessPath is { } path && Path.GetFileName(path) == Name)
        {
            // Where it was installed as a tool, the command on PATH: the program's own folder goes with its version.
            return Quote(path);
        }

        var program = Path.Combine(AppContext.BaseDirectory, Name);
        return File.Exists(program) ? Quote(program) : $"dotnet {Quote(program + ".dll")}";
    }

    // For a shell, in a Makefile.
    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal)}'";

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();
}
