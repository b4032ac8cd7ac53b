using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace KvmActors.Host.CommandLine;

/// <summary>Options whose values are checked by this program: what is wrong is one line in its words.</summary>
internal static class CheckedOption
{
    /// <summary>An option that takes a whole number.</summary>
    /// <param name="name">Its name, with the hyphens.</param>
    /// <param name="value">What it is when it is not given.</param>
    /// <param name="minimum">The least.</param>
    public static Option<int> Whole(string name, int value, int minimum = int.MinValue) => new(name)
    {
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            var word = result.Tokens[0].Value;
            if (!int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < minimum)
            {
                result.AddError($"{name}: '{word}' is no whole number{(minimum == int.MinValue ? "" : $" from {minimum} upwards")}");
            }

            return number;
        },
    };

    /// <summary>An option that takes a whole number, or is left out.</summary>
    /// <param name="name">Its name, with the hyphens.</param>
    public static Option<int?> MaybeWhole(string name) => new(name)
    {
        CustomParser = result =>
        {
            var word = result.Tokens[0].Value;
            if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            result.AddError($"{NameIn(result, name)}: '{word}' is no whole number");
            return null;
        },
    };

    /// <summary>An option that takes a whole number of 64 bits, or is left out.</summary>
    /// <param name="name">Its name, with the hyphens.</param>
    /// <param name="minimum">The least.</param>
    public static Option<long?> Long(string name, long minimum) => new(name)
    {
        CustomParser = result =>
        {
            var word = result.Tokens[0].Value;
            if (!long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < minimum)
            {
                result.AddError($"{name}: '{word}' is no whole number from {minimum} to {long.MaxValue}");
            }

            return number;
        },
    };

    /// <summary>An option that takes one of some words.</summary>
    /// <param name="name">Its name, with the hyphens.</param>
    /// <param name="words">The words.</param>
    public static Option<string?> OneOf(string name, params string[] words)
    {
        var option = new Option<string?>(name) { HelpName = string.Join('|', words) };
        option.Validators.Add(result => Check(result, name, words));
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>An option that takes memory in MiB, or with a unit.</summary>
    /// <param name="name">Its name, with the hyphens.</param>
    /// <param name="value">What it is when it is not given, in MiB.</param>
    public static Option<int> Memory(string name, int value) => new(name)
    {
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            var word = result.Tokens[0].Value;
            if (MemorySizeText.Parse(word) is { } number)
            {
                return number;
            }

            result.AddError($"{NameIn(result, name)}: '{word}' is no whole number of MiB, nor one with a unit, as 512m or 2g");
            return value;
        },
    };

    /// <summary>Has an argument take no word that looks like an option, but for a file's name: it is one that nobody knows.</summary>
    public static void RefuseOptions<T>(Argument<T> argument) => argument.Validators.Add(result =>
    {
        if (result.Tokens is [var token, ..] && token.Value.StartsWith('-') && !File.Exists(token.Value) && result.Parent is CommandResult { Command: var command })
        {
            result.AddError(SettingWords.Unknown(command, token.Value));
        }
    });

    // As it was written: it may have two names.
    private static string NameIn(ArgumentResult result, string name) => (result.Parent as OptionResult)?.IdentifierToken?.Value ?? name;

    private static void Check(OptionResult result, string name, string[] words)
    {
        if (result.Tokens is [var token] && !words.Contains(token.Value))
        {
            result.AddError($"{name}: '{token.Value}' is unknown; use one of {string.Join(", ", words)}");
        }
    }
}
