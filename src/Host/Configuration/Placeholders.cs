using System.Text;

namespace KvmActors.Host.Configuration;

/// <summary>
/// Texts with places for what differs from instance to instance: <c>{index}</c>, <c>{name}</c>, <c>{seed}</c> and the names of the
/// scenario's matrix. <c>{{</c> and <c>}}</c> are braces.
/// </summary>
internal static class Placeholders
{
    /// <summary>The instance's number.</summary>
    public const string Index = "index";

    /// <summary>The instance's name, <c>reader-7</c>.</summary>
    public const string Name = "name";

    /// <summary>The instance's number of chance.</summary>
    public const string Seed = "seed";

    /// <summary>Those that are another in each instance.</summary>
    public static IReadOnlyList<string> OfInstances { get; } = [Index, Name, Seed];

    /// <summary>Whether a text has anything in it that stands for something else.</summary>
    public static bool AreIn(string? text) => text?.AsSpan().ContainsAny('{', '}') == true;

    /// <summary>Finds the places in a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="known">The names that mean something.</param>
    /// <param name="problem">What is wrong with it; null when nothing is.</param>
    /// <returns>The names.</returns>
    public static IReadOnlyList<string> Find(string text, IReadOnlyCollection<string> known, out string? problem)
    {
        var names = new List<string>();
        problem = Walk(text, name =>
        {
            names.Add(name);
            return known.Contains(name) ? "" : null;
        }, new StringBuilder()) is { } wrong
            ? wrong.Length == 0 ? "a { or } stands alone; write {{ or }} for one" : $"{{{wrong}}} is unknown; use one of {string.Join(", ", known.Select(name => $"{{{name}}}"))}, or {{{{ and }}}} for braces"
            : null;
        return names;
    }

    /// <summary>Puts values into a text in which <see cref="Find"/> found nothing wrong.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The value of a name.</param>
    public static string Fill(string text, Func<string, string> value)
    {
        var filled = new StringBuilder(text.Length);
        Walk(text, value, filled);
        return filled.ToString();
    }

    // Returns a name that has no value, an empty one for a brace alone, or null.
    private static string? Walk(string text, Func<string, string?> value, StringBuilder target)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c is not ('{' or '}'))
            {
                target.Append(c);
            }
            else if (at + 1 < text.Length && text[at + 1] == c)
            {
                target.Append(c);
                at++;
            }
            else if (c == '}' || text.IndexOf('}', at) is not (>= 0 and var end))
            {
                return "";
            }
            else
            {
                var name = text[(at + 1)..end];
                if (value(name) is not { } found)
                {
                    return name;
                }

                target.Append(found);
                at = end;
            }
        }

        return null;
    }
}
