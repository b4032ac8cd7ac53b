using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace KvmActors.Host.Configuration.Reading;

/// <summary>Reads settings from where people write them: JSON, environment variables, the command line.</summary>
internal static class SettingReader
{
    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads a file. Comments and commas after the last item are welcome.</summary>
    /// <param name="file">Its content.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatException">A text in it is no Unicode.</exception>
    public static Setting ReadJson(byte[] file)
    {
        // As other readers of configurations do: a mark at the beginning says how it is encoded, without one it is UTF-8.
        using var reader = new StreamReader(new MemoryStream(file, writable: false));
        using var document = JsonDocument.Parse(reader.ReadToEnd(), Options);
        return Convert("", "", document.RootElement);
    }

    /// <summary>Lays the environment's variables over settings: <c>Scenario__Vms__0__Vcpus</c>.</summary>
    public static void AddEnvironment(Setting root)
    {
        // Where one is above another, the order decides; so it has to be the same each time.
        foreach (var (name, value) in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => ((string)variable.Key, (string?)variable.Value ?? "")).OrderBy(variable => variable.Item1, StringComparer.Ordinal))
        {
            AddWord(root, name.Replace("__", ":", StringComparison.Ordinal), value);
        }
    }

    /// <summary>Lays one setting over others.</summary>
    /// <param name="root">The others.</param>
    /// <param name="key">Its key, <c>Scenario:Vms:0:Vcpus</c>. One that names a whole section is somebody else's and left alone.</param>
    /// <param name="value">Its value.</param>
    public static void AddWord(Setting root, string key, string value)
    {
        if (key.Split(':') is { Length: > 1 } path)
        {
            root.Set(path, value);
        }
    }

    private static Setting Convert(string path, string name, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var thing = new Setting(name, SettingKind.Object);
                foreach (var member in element.EnumerateObject())
                {
                    var memberName = Unicode(path, () => member.Name);
                    thing.Add(Convert(Join(path, memberName), memberName, member.Value));
                }

                return thing;
            case JsonValueKind.Array:
                var list = new Setting(name, SettingKind.List);
                foreach (var (index, item) in element.EnumerateArray().Index())
                {
                    var itemName = index.ToString(CultureInfo.InvariantCulture);
                    list.Add(Convert(Join(path, itemName), itemName, item));
                }

                return list;
            case JsonValueKind.String:
                return new Setting(name, SettingKind.Text, Unicode(path, () => element.GetString()!));
            case JsonValueKind.Number:
                return new Setting(name, SettingKind.Number, element.GetRawText());
            case JsonValueKind.True:
            case JsonValueKind.False:
                return new Setting(name, SettingKind.Truth, element.GetRawText());
            default:
                return new Setting(name, SettingKind.Null);
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}:{name}";

    private static string Unicode(string path, Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"{path}: half of a surrogate pair (\\ud800 to \\udfff) is no text", e);
        }
    }
}
