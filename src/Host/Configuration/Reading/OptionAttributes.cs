namespace KvmActors.Host.Configuration.Reading;

/// <summary>A number that may also be written in quotes, with 0x: an address, a port, a register's value. For texts, whole numbers, and the values of a list or object of them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AddressAttribute : Attribute;

/// <summary>A text that is one of some words, in any case.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OneOfAttribute : Attribute
{
    /// <param name="words">The words as the documentation spells them.</param>
    public OneOfAttribute(params string[] words) => Words = words;

    /// <param name="names">An enumeration whose names are the words.</param>
    public OneOfAttribute(Type names) => Words = Enum.GetNames(names);

    /// <summary>The words.</summary>
    public IReadOnlyList<string> Words { get; }
}

/// <summary>A number that is not less and not more than this; whoever validates the option says so when it is.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class BetweenAttribute(long minimum, long maximum) : Attribute
{
    /// <summary>The least.</summary>
    public long Minimum { get; } = minimum;

    /// <summary>The most.</summary>
    public long Maximum { get; } = maximum;
}

/// <summary>A key that has to be there; whoever validates the option says so when it is not.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NeededAttribute : Attribute;

/// <summary>Texts that may also be written as numbers, true or false.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ScalarsAttribute : Attribute;

/// <summary>Names and values that may also be written as a list of <c>NAME=VALUE</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class VariablesAttribute : Attribute;

/// <summary>What a key is called, where a property cannot be called that.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class JsonNameAttribute(string name) : Attribute
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;
}
