using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace KvmActors.Host.Configuration.Reading;

/// <summary>What belongs at a key: read from the options' types once, and used to read settings and to describe them (the JSON schema).</summary>
/// <param name="Expected">What belongs there, in a few words for people.</param>
internal abstract record OptionShape(string Expected)
{
    /// <summary>Says what belongs where an options type is to be read.</summary>
    public static ObjectShape Of(Type options) => ObjectShape.Of(options);

    /// <summary>Says what belongs to a property of an options type.</summary>
    internal static OptionShape Of(PropertyInfo property) => Of(property.PropertyType, property);

    private static OptionShape Of(Type type, PropertyInfo property)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        if (value.IsGenericType && value.IsAssignableTo(typeof(IDictionary)))
        {
            var item = Of(value.GetGenericArguments()[1], property);
            return property.IsDefined(typeof(VariablesAttribute)) ? new VariablesShape(item) : new MapShape(item);
        }

        if (value.IsGenericType)
        {
            return new ListShape(Of(value.GetGenericArguments()[0], property));
        }

        var isAddress = property.IsDefined(typeof(AddressAttribute));
        if (value == typeof(string))
        {
            return isAddress ? new AddressShape()
                : property.IsDefined(typeof(ScalarsAttribute)) ? new ScalarShape()
                : property.GetCustomAttribute<OneOfAttribute>() is { } oneOf ? new WordShape(oneOf.Words)
                : new TextShape();
        }

        if (value == typeof(int) || value == typeof(long))
        {
            var (least, most) = value == typeof(int) ? (int.MinValue, int.MaxValue) : (long.MinValue, long.MaxValue);
            var range = property.GetCustomAttribute<BetweenAttribute>();
            return new WholeShape(range?.Minimum ?? least, range?.Maximum ?? most, isAddress);
        }

        return value == typeof(bool) ? new TruthShape() : value == typeof(TimeSpan) ? new DurationShape() : Of(value);
    }
}

/// <summary>A text.</summary>
internal sealed record TextShape() : OptionShape("text");

/// <summary>A text, a number, true or false; read as it is written.</summary>
internal sealed record ScalarShape() : OptionShape("text or a number");

/// <summary>One of some words.</summary>
internal sealed record WordShape(IReadOnlyList<string> Words) : OptionShape($"one of {string.Join(", ", Words)}");

/// <summary>A number from 0 upwards, as a number or in quotes.</summary>
internal sealed record AddressShape() : OptionShape("a number like 4096 or \"0x1000\"");

/// <summary>A whole number.</summary>
/// <param name="Minimum">The least.</param>
/// <param name="Maximum">The most.</param>
/// <param name="IsAddress">Whether it may be written in quotes, with 0x.</param>
internal sealed record WholeShape(long Minimum, long Maximum, bool IsAddress) : OptionShape($"a whole number from {Minimum} to {Maximum}");

/// <summary>True or false.</summary>
internal sealed record TruthShape() : OptionShape("true or false");

/// <summary>A duration.</summary>
internal sealed record DurationShape() : OptionShape($"a duration ({Durations.Forms})");

/// <summary>A list.</summary>
internal sealed record ListShape(OptionShape Item) : OptionShape("a list, [ … ],");

/// <summary>An object with names of people's own.</summary>
internal sealed record MapShape(OptionShape Item) : OptionShape("an object, { \"NAME\": … },");

/// <summary>The same, or a list of <c>NAME=VALUE</c>.</summary>
internal sealed record VariablesShape(OptionShape Item) : OptionShape("an object, { \"NAME\": \"VALUE\" }, or a list, [ \"NAME=VALUE\" ],");

/// <summary>An object with names of ours.</summary>
/// <param name="Type">The options it is read into.</param>
internal sealed record ObjectShape(Type Type) : OptionShape("an object, { … },")
{
    private static readonly ConcurrentDictionary<Type, ObjectShape> Known = new();

    /// <summary>Its keys, in the order of the type's properties.</summary>
    public IReadOnlyList<OptionKey> Keys { get; } = [.. Type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite).Select(property => new OptionKey(property))];

    /// <summary>The shape of an options type.</summary>
    public static new ObjectShape Of(Type type) => Known.GetOrAdd(type, static type => new ObjectShape(type));

    /// <summary>Finds a key in any case.</summary>
    public OptionKey? Find(string name) => Keys.FirstOrDefault(key => key.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A key of an object.</summary>
internal sealed class OptionKey(PropertyInfo property)
{
    private readonly Lazy<OptionShape> _shape = new(() => OptionShape.Of(property));

    /// <summary>Its name as the documentation spells it.</summary>
    public string Name { get; } = property.GetCustomAttribute<JsonNameAttribute>()?.Name ?? property.Name;

    /// <summary>What belongs there.</summary>
    public OptionShape Shape => _shape.Value;

    /// <summary>Whether it has to be there.</summary>
    public bool IsNeeded => property.IsDefined(typeof(NeededAttribute));

    /// <summary>The options' property.</summary>
    public PropertyInfo Property => property;
}
