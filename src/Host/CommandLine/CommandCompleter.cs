using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using KvmActors.Host.Completion;
using KvmActors.Host.Configuration;

namespace KvmActors.Host.CommandLine;

/// <summary>
/// Completes a word of the command line. It knows no option by name: what a value is, is what <c>--help</c> calls it (<c>FILE</c>,
/// <c>DIR</c>, words between bars).
/// </summary>
internal static class CommandCompleter
{
    private static readonly CompletionReply Nothing = new(CompletionKind.Words, "", []);

    /// <summary>Completes.</summary>
    /// <param name="root">The program's commands.</param>
    /// <param name="words">The words behind the program's name up to the cursor; the last is the one to complete, and may be empty.</param>
    public static CompletionReply Complete(RootCommand root, IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return Nothing;
        }

        var last = words[^1];
        var named = words.Count > 1 ? root.Subcommands.FirstOrDefault(command => !command.Hidden && command.Name == words[0]) : null;
        var command = named ?? root;
        Option? waiting = null;
        var used = new HashSet<Option>();
        var (arguments, isSetting, isPlain) = (0, false, false);
        foreach (var word in words.Skip(named is null ? 0 : 1).SkipLast(1))
        {
            if (waiting is not null || isSetting)
            {
                (waiting, isSetting) = (null, false);
            }
            else if (isPlain || !word.StartsWith('-') || word == "-")
            {
                arguments++;
            }
            else if (word == "--")
            {
                isPlain = true;
            }
            else if (SettingWords.IsSetting(word))
            {
                isSetting = !word.Contains('=', StringComparison.Ordinal);
            }
            else if (Find(command, word.Split('=', 2)[0]) is { } option)
            {
                used.Add(option);
                waiting = word.Contains('=', StringComparison.Ordinal) || option.ValueType == typeof(bool) || option.Arity.MinimumNumberOfValues == 0 ? null : option;
            }

            // What follows the program's name is the program's.
            if (arguments > 0 && command.Arguments is [{ Arity.MaximumNumberOfValues: > 1 }])
            {
                return new CompletionReply(CompletionKind.Files, "", []);
            }
        }

        return isSetting ? Nothing
            : waiting is not null ? ValueOf(waiting, "", last)
            : !isPlain && last.StartsWith('-') ? OptionOf(command, used, last)
            : ArgumentOf(command, arguments, words.Count == 1, used, last);
    }

    private static CompletionReply OptionOf(Command command, HashSet<Option> used, string last)
    {
        var end = last.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? Matching("", last, OptionsOf(command, used))
            : Find(command, last[..end]) is { } option && option.ValueType != typeof(bool) ? ValueOf(option, last[..(end + 1)], last[(end + 1)..])
            : Nothing;
    }

    private static CompletionReply ArgumentOf(Command command, int index, bool isFirst, HashSet<Option> used, string last)
    {
        if (command is RootCommand && isFirst)
        {
            return Matching("", last, command.Subcommands.Where(other => !other.Hidden).Select(other => (other.Name, other.Description)));
        }

        return index < command.Arguments.Count && command.Arguments[index] is var argument
            ? ValueOf(argument.CompletionSources, argument.Name, "", last)
            : index > command.Arguments.Count ? Nothing
            : Matching("", last, OptionsOf(command, used));
    }

    private static CompletionReply ValueOf(Option option, string prefix, string part) => ValueOf(option.CompletionSources, option.HelpName ?? "", prefix, part);

    private static CompletionReply ValueOf(List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources, string called, string prefix, string part)
    {
        if (called.Contains("=DIR", StringComparison.Ordinal) && part.IndexOf('=', StringComparison.Ordinal) is var end and >= 0)
        {
            return new CompletionReply(CompletionKind.Folders, prefix + part[..(end + 1)], []);
        }

        if (called.StartsWith("HOST:GUEST", StringComparison.Ordinal))
        {
            return MappingOf(called, prefix, part);
        }

        var kind = called.Contains("FILE", StringComparison.Ordinal) || called.EndsWith(".json", StringComparison.Ordinal) ? CompletionKind.Files
            : called is "DIR" or "NAME" ? CompletionKind.Folders
            : called is "PROGRAM" ? CompletionKind.Programs
            : CompletionKind.Words;
        var words = called is "NAME|FILE" ? ScenarioFiles.All().Select(file => (Path.GetFileNameWithoutExtension(file), (string?)"a scenario of the list"))
            : sources.SelectMany(source => source(CompletionContext.Empty)).Select(item => (item.Label, item.Documentation));
        return Matching(prefix, part, words) with { Kind = kind };
    }

    // Where the host's ends, the guest's begins, which nobody here knows; then what it may do.
    private static CompletionReply MappingOf(string called, string prefix, string part)
    {
        var parts = part.Split(':');
        return parts.Length switch
        {
            1 => new CompletionReply(CompletionKind.Files, prefix, []),
            3 => Matching(
                $"{prefix}{parts[0]}:{parts[1]}:", parts[2],
                called["HOST:GUEST".Length..].Split([':', '|', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(mode => (mode, (string?)""))),
            _ => Nothing,
        };
    }

    private static IEnumerable<(string Name, string? Does)> OptionsOf(Command command, HashSet<Option> used) =>
        AllOf(command).Where(option => !option.Hidden && (!used.Contains(option) || option.ValueType.IsArray)).Select(option => (option.Name, option.Description));

    private static Option? Find(Command command, string name) => AllOf(command).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static IEnumerable<Option> AllOf(Command command) => command is RootCommand ? command.Options
        : command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option is HelpOption or VersionOption)));

    private static CompletionReply Matching(string prefix, string part, IEnumerable<(string Word, string? Does)> words) => new(
        CompletionKind.Words, prefix,
        [.. words.Where(word => word.Word.StartsWith(part, StringComparison.Ordinal)).Select(word => (word.Word, FirstSentence(word.Does ?? "")))]);

    private static string FirstSentence(string text)
    {
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd('.').ReplaceLineEndings(" ").Replace('\t', ' ');
    }
}
