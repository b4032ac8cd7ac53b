using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Support;

/// <summary>Options as people write them, <c>Key:Sub=value</c> each.</summary>
internal static class Settings
{
    /// <summary>Reads options.</summary>
    /// <param name="settings">The settings, later ones overriding earlier ones; a key without a value leaves it out.</param>
    public static T Read<T>(params IEnumerable<string> settings)
        where T : class, new()
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in settings)
        {
            if (setting.Split('=', 2) is [var key, var value])
            {
                values[$"Options:{key}"] = value;
            }
            else
            {
                values.Remove($"Options:{setting}");
            }
        }

        var root = new Setting("", SettingKind.Object);
        foreach (var (key, value) in values)
        {
            SettingReader.AddWord(root, key, value);
        }

        return ProgramConfiguration.Bind<T>(new ProgramSettings(root), "Options");
    }

    /// <summary>The problems found so far, a line each.</summary>
    public static IReadOnlyList<string> Lines(this Problems problems)
    {
        try
        {
            problems.ThrowIfAny();
            return [];
        }
        catch (ConfigurationException e)
        {
            return e.Problems;
        }
    }
}
