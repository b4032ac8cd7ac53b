using System.Collections.Immutable;
using System.Globalization;

namespace Akka.Configuration;

/// <summary>Reads the little HOCON that this runtime needs. What it does not know it refuses: a setting without effect misleads.</summary>
internal sealed class HoconReader(string text)
{
    private const string AskTimeoutPath = "akka.actor.ask-timeout";
    private const string EndOfText = "";
    private const string EndOfLine = "\n";

    private readonly (string Text, int Line)[] _tokens = [.. Tokens(text)];
    private readonly Dictionary<string, DispatcherSection> _dispatchers = new(StringComparer.Ordinal);
    private TimeSpan? _askTimeout;
    private int _at;

    private string Next => _tokens[_at].Text;

    public Config Read()
    {
        ReadSection("");
        return Next == EndOfText
            ? new Config(_dispatchers.ToImmutableDictionary(section => section.Key, section => section.Value.Read(section.Key)), _askTimeout)
            : throw Missing("a setting");
    }

    private static IEnumerable<(string Text, int Line)> Tokens(string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string code = line.Split('#', 2)[0].Split("//", 2)[0];
            for (int at = 0, end; at < code.Length; at = end)
            {
                // A word, or one character that is part of none.
                for (end = at; end < code.Length && IsWordCharacter(code[end]); end++)
                {
                }

                end = Math.Max(end, at + 1);
                if (!char.IsWhiteSpace(code[at]))
                {
                    yield return (code[at..end], number);
                }
            }

            yield return (EndOfLine, number);
        }

        yield return (EndOfText, number);
    }

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    private void ReadSection(string prefix)
    {
        while (true)
        {
            while (TryTake(EndOfLine))
            {
            }

            if (Next is EndOfText or "}")
            {
                return;
            }

            string path = prefix + TakeWord("a setting");
            if (TryTake("{"))
            {
                ReadSection(path + ".");
                Expect("}");
            }
            else if (TryTake("=") || TryTake(":"))
            {
                Set(path, TakeWord($"the value of {path}"));
                if (TryTake(","))
                {
                    continue;
                }
            }
            else
            {
                throw Missing($"the value of {path}");
            }

            if (Next is not (EndOfLine or "}" or EndOfText))
            {
                throw Missing("a new line");
            }
        }
    }

    private void Set(string path, string value)
    {
        var key = DispatcherSection.Keys.FirstOrDefault(known => path.EndsWith("." + known, StringComparison.Ordinal));
        if (path == AskTimeoutPath)
        {
            _askTimeout = ReadDuration(value);
        }
        else if (key is null || path.StartsWith("akka.", StringComparison.Ordinal))
        {
            throw Malformed(
                $"there is no setting '{path}' here, only {AskTimeoutPath} and those of NAME {{ type = PinnedDispatcher }} and " +
                "NAME { type = ForkJoinDispatcher, ... }; -p:ActorRuntime=Akka builds with the packages, which have the others");
        }
        else
        {
            var name = path[..^(key.Length + 1)];
            if (!_dispatchers.TryGetValue(name, out var section))
            {
                _dispatchers.Add(name, section = new DispatcherSection());
            }

            section.Set(key, value, _tokens[_at - 1].Line);
        }
    }

    private TimeSpan ReadDuration(string value)
    {
        string digits = value.TrimEnd('m', 's');

        // Six digits: no timer takes more than 49 days.
        bool isNumber = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && digits.Length <= 6;
        return value[digits.Length..] switch
        {
            "ms" or "" when isNumber => TimeSpan.FromMilliseconds(number),
            "s" when isNumber => TimeSpan.FromSeconds(number),
            _ when value == "infinite" => Timeout.InfiniteTimeSpan,
            _ => throw Malformed($"'{value}' is no time: write 500ms, 5s or infinite"),
        };
    }

    private string TakeWord(string what) => Next != EndOfText && IsWordCharacter(Next[0]) ? _tokens[_at++].Text : throw Missing(what);

    private bool TryTake(string token)
    {
        bool isNext = Next == token;
        _at += isNext ? 1 : 0;
        return isNext;
    }

    private void Expect(string token)
    {
        if (!TryTake(token))
        {
            throw Missing($"'{token}'");
        }
    }

    private ConfigurationException Missing(string what) =>
        Malformed($"{what} is missing before {(Next is EndOfLine or EndOfText ? "the end" : $"'{Next}'")}");

    private ConfigurationException Malformed(string what) => ConfigurationException.AtLine(_tokens[_at].Line, what);
}
