using System.CommandLine;
using KvmActors.Host.Configuration;
using KvmActors.Library.Checking;

namespace KvmActors.Host.CommandLine;

/// <summary>Settings among the words of a command line, <c>--Kvm:Device=/dev/kvm</c> or <c>--Kvm:Device /dev/kvm</c>: every command takes them.</summary>
internal static class SettingWords
{
    private const string Scenario = "--Scenario:";

    /// <summary>Whether a word is a setting, or the beginning of one.</summary>
    public static bool IsSetting(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.Split('=', 2)[0].Contains(':', StringComparison.Ordinal);

    /// <summary>Puts a command's settings in front of it: behind it they would be taken for its arguments.</summary>
    /// <param name="words">The command and what follows it.</param>
    /// <param name="isSetting">Whether the word of an index is one; null for every word that looks like one.</param>
    /// <exception cref="ConfigurationException">A setting has no value.</exception>
    public static string[] MoveToFront(string[] words, Predicate<int>? isSetting = null)
    {
        var settings = new List<string>();
        var others = new List<string>();
        for (var index = 0; index < words.Length; index++)
        {
            if (isSetting?.Invoke(index) ?? IsSetting(words[index]))
            {
                settings.Add(AsSetting(WithValue(words, ref index)));
            }
            else
            {
                others.Add(words[index]);
            }
        }

        return [.. settings, .. others];
    }

    /// <summary>Takes the settings out of what is left of a command line, <c>--Key:Sub=value</c> each.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="hasScenario">Whether the command is about a scenario; to others its settings mean nothing.</param>
    /// <exception cref="ConfigurationException">Something is no setting, or none for this command.</exception>
    public static IReadOnlyList<string> Read(ParseResult parsed, bool hasScenario = false)
    {
        var settings = new List<string>();
        string[] words = [.. parsed.UnmatchedTokens];
        for (var index = 0; index < words.Length; index++)
        {
            if (!IsSetting(words[index]))
            {
                throw new ConfigurationException(Unknown(parsed.CommandResult.Command, words[index]));
            }

            if (!hasScenario && words[index].StartsWith(Scenario, StringComparison.OrdinalIgnoreCase))
            {
                throw new ConfigurationException($"{words[index]}: {parsed.CommandResult.Command.Name} takes no scenario");
            }

            settings.Add(WithValue(words, ref index));
        }

        return settings;
    }

    /// <summary>Says that a word is no option, setting or command, and what may have been meant.</summary>
    public static string Unknown(Command command, string word)
    {
        var prefix = command is RootCommand ? "" : $"{command.Name}: ";
        var known = word.StartsWith('-') ? command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)))
                .Where(option => !option.Hidden).Select(option => option.Name)
            : command.Subcommands.Where(other => !other.Hidden).Select(other => other.Name);
        var meant = Suggestion.For(word.Split('=', 2)[0], known)
            ?? (command is RootCommand && ScenarioFiles.All().Any(file => Path.GetFileNameWithoutExtension(file) == word) ? $"run {word}" : null);
        return meant is null ? $"{prefix}{word}: unknown; see --help for commands and options"
            : $"{prefix}{word}: unknown; did you mean {meant}? See --help for commands and options";
    }

    // Keys are the same in any case, but --scenario:x is the option --scenario with a value.
    private static string AsSetting(string word) =>
        word.StartsWith(Scenario, StringComparison.OrdinalIgnoreCase) ? $"{Scenario}{word[Scenario.Length..]}" : word;

    // A setting without = has its value in the next word.
    private static string WithValue(string[] words, ref int index)
    {
        var word = words[index];
        return word.Contains('=', StringComparison.Ordinal) ? word
            : ++index < words.Length ? $"{word}={words[index]}"
            : throw new ConfigurationException($"{word}: a value is missing");
    }
}
