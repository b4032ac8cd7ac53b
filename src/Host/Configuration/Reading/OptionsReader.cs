using System.Collections;
using System.Globalization;

namespace KvmActors.Host.Configuration.Reading;

/// <summary>
/// Reads settings into options. Everything is looked at; what does not belong where it is, is a problem that names the key, what was
/// found and what belongs there. What values may be otherwise is the validators' business.
/// </summary>
/// <param name="addProblem">Receives what is wrong: a key, and what with it.</param>
internal sealed class OptionsReader(Action<string, string> addProblem)
{
    private const int MaxQuoted = 60;

    /// <summary>Reads an object.</summary>
    /// <param name="path">Its key.</param>
    /// <param name="setting">What people wrote.</param>
    /// <returns>The options; what is wrong with them is left at its default.</returns>
    public T Read<T>(string path, Setting setting)
        where T : class, new() => (T?)ReadObject(path, setting, OptionShape.Of(typeof(T))) ?? new T();

    /// <summary>What was found, in a few words.</summary>
    internal static string Describe(Setting setting) => setting.Kind switch
    {
        SettingKind.Null => "null",
        SettingKind.Truth => setting.Text,
        SettingKind.Number => $"the number {Cut(setting.Text)}",
        SettingKind.Text => $"the text \"{Cut(setting.Text)}\"",
        SettingKind.Word => $"'{Cut(setting.Text)}'",
        SettingKind.List => "a list",
        SettingKind.Object => "an object",
        _ => "keys below it",
    };

    private object? ReadValue(string path, Setting setting, OptionShape shape, Type type) => shape switch
    {
        ObjectShape options => ReadObject(path, setting, options),
        ListShape list => ReadList(path, setting, list, type),
        MapShape map => ReadMap(path, setting, map, type),
        VariablesShape variables => ReadVariables(path, setting, variables, type),
        WholeShape whole => ReadWhole(path, setting, whole, type),
        TruthShape when setting.Kind is SettingKind.Truth or SettingKind.Word && bool.TryParse(setting.Text, out var truth) => truth,
        DurationShape when IsSingle(setting) && Durations.TryParse(setting.Text, out var duration) => duration,
        ScalarShape when IsSingle(setting) || setting.Kind == SettingKind.Truth => setting.Text,
        AddressShape when setting.Kind == SettingKind.Number => WholeText(setting.Text),
        TextShape or WordShape or AddressShape when setting.Kind is SettingKind.Text or SettingKind.Word => setting.Text,
        _ => Refuse(path, setting, shape.Expected),
    };

    private object? ReadObject(string path, Setting setting, ObjectShape shape)
    {
        if (setting.Kind is not (SettingKind.Object or SettingKind.Branch))
        {
            return Refuse(path, setting, shape.Expected);
        }

        var options = Activator.CreateInstance(shape.Type)!;
        var seen = new HashSet<OptionKey>();
        foreach (var child in setting.Children)
        {
            var key = $"{path}:{child.Name}";
            if (shape.Find(child.Name) is not { } known)
            {
                addProblem(key, $"unknown key; known here: {string.Join(", ", shape.Keys.Select(known => known.Name))}");
            }
            else if (!seen.Add(known))
            {
                addProblem(key, "it is there twice; leave one of the two out");
            }
            else if (ReadValue(key, child, known.Shape, known.Property.PropertyType) is { } value)
            {
                known.Property.SetValue(options, value);
            }
        }

        return options;
    }

    private object? ReadList(string path, Setting setting, ListShape shape, Type type)
    {
        if (setting.Kind is not (SettingKind.List or SettingKind.Branch))
        {
            return Refuse(path, setting, shape.Expected);
        }

        var list = (IList)Activator.CreateInstance(type)!;
        foreach (var (child, _) in setting.Children.Select(child => (child, Number: NumberOf(child, path))).Where(item => item.Number >= 0).OrderBy(item => item.Number))
        {
            if (ReadValue($"{path}:{child.Name}", child, shape.Item, type.GetGenericArguments()[0]) is { } item)
            {
                list.Add(item);
            }
        }

        return list;
    }

    private int NumberOf(Setting item, string path)
    {
        if (int.TryParse(item.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        addProblem($"{path}:{item.Name}", "unknown key; those of a list are numbers from 0");
        return -1;
    }

    private object? ReadMap(string path, Setting setting, MapShape shape, Type type)
    {
        if (setting.Kind is not (SettingKind.Object or SettingKind.Branch))
        {
            return Refuse(path, setting, shape.Expected);
        }

        var map = (IDictionary)Activator.CreateInstance(type)!;
        foreach (var child in setting.Children)
        {
            AddTo(map, path, child.Name, child, shape.Item, type);
        }

        return map;
    }

    private object? ReadVariables(string path, Setting setting, VariablesShape shape, Type type)
    {
        if (setting.Kind is not (SettingKind.Object or SettingKind.Branch or SettingKind.List))
        {
            return Refuse(path, setting, shape.Expected);
        }

        // A list's order is its own; an object has none, and what overrides one of its variables does not change it.
        IEnumerable<Setting> children = setting.Kind == SettingKind.List ? setting.Children : setting.Children.OrderBy(child => child.Name, StringComparer.OrdinalIgnoreCase);
        var map = (IDictionary)Activator.CreateInstance(type)!;
        foreach (var child in children)
        {
            // In a list a word of the command line may stand for an item, or for a variable by its name.
            if (setting.Kind != SettingKind.List || !int.TryParse(child.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                AddTo(map, path, child.Name, child, shape.Item, type);
            }
            else if (child.Kind is not (SettingKind.Text or SettingKind.Word) || child.Text.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var end))
            {
                Refuse($"{path}:{child.Name}", child, "text like \"NAME=VALUE\"");
            }
            else if (!map.Contains(child.Text[..end]))
            {
                map.Add(child.Text[..end], child.Text[(end + 1)..]);
            }
            else
            {
                addProblem($"{path}:{child.Name}", $"{Cut(child.Text[..end])} is there twice; leave one of the two out");
            }
        }

        return map;
    }

    private void AddTo(IDictionary map, string path, string name, Setting child, OptionShape shape, Type type)
    {
        // A word comes later than the file that has the same in another place.
        if (child.Kind != SettingKind.Word && map.Contains(name))
        {
            addProblem($"{path}:{name}", "it is there twice; leave one of the two out");
        }
        else if (ReadValue($"{path}:{name}", child, shape, type.GetGenericArguments()[1]) is { } value)
        {
            map[name] = value;
        }
    }

    private object? ReadWhole(string path, Setting setting, WholeShape shape, Type type)
    {
        var mayQuote = setting.Kind == SettingKind.Word || (shape.IsAddress && setting.Kind == SettingKind.Text);
        if (setting.Kind != SettingKind.Number && !mayQuote)
        {
            return Refuse(path, setting, shape.Expected);
        }

        var text = setting.Kind == SettingKind.Number ? WholeText(setting.Text) : setting.Text;
        var isHexadecimal = mayQuote && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var isRead = isHexadecimal
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
        if (!isRead)
        {
            return Refuse(path, setting, shape.Expected);
        }

        if ((Nullable.GetUnderlyingType(type) ?? type) == typeof(long))
        {
            return number;
        }

        return number is >= int.MinValue and <= int.MaxValue ? (int)number : Refuse(path, setting, shape.Expected);
    }

    private object? Refuse(string path, Setting setting, string expected)
    {
        addProblem(path, $"found {Describe(setting)}, where {expected} belongs");
        return null;
    }

    private static bool IsSingle(Setting setting) => setting.Kind is SettingKind.Number or SettingKind.Text or SettingKind.Word;

    // JSON's 4.0 and 4e0 are the whole number 4.
    private static string WholeText(string number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && decimal.IsInteger(value)
            ? value.ToString("0", CultureInfo.InvariantCulture)
            : number;

    private static string Cut(string text) => text.Length <= MaxQuoted ? text : $"{text.AsSpan(0, MaxQuoted)}…";
}
