using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace KvmActors.Host.Configuration;

/// <summary>Finds keys that mean nothing: the binder would silently leave them out, and with them what somebody wanted.</summary>
internal static class UnknownKeys
{
    /// <summary>Lists the keys of a section that its options have no property for.</summary>
    /// <param name="section">What people wrote.</param>
    /// <param name="type">The options it is bound to.</param>
    public static IEnumerable<string> Find(IConfigurationSection section, Type type)
    {
        if (IsLeaf(type))
        {
            return section.GetChildren().Any() ? [$"{section.Path} is a single value, not a list or an object"] : [];
        }

        // A word in the environment that happens to be called like a whole section is somebody else's.
        if (!string.IsNullOrEmpty(section.Value) && section.Path.Contains(ConfigurationPath.KeyDelimiter, StringComparison.Ordinal))
        {
            return [$"{section.Path} is a list or an object, not a single value"];
        }

        if (type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)))
        {
            // A dictionary's keys are free, a list's are numbers.
            var item = type.GetGenericArguments()[^1];
            var isList = type.IsAssignableTo(typeof(IList));
            return section.GetChildren().SelectMany(child => !isList || int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? Find(child, item)
                : [$"{child.Path}: unknown key; those of a list are numbers from 0"]);
        }

        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.OrdinalIgnoreCase);
        return section.GetChildren().SelectMany(child => properties.TryGetValue(child.Key, out var property)
            ? Find(child, property)
            : [$"{child.Path}: unknown key; known here: {string.Join(", ", properties.Keys)}"]);
    }

    private static bool IsLeaf(Type type)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        return value.IsPrimitive || value.IsEnum || value == typeof(string) || value == typeof(TimeSpan);
    }
}
