using System.Text.Json;
using System.Text.RegularExpressions;

namespace KvmActors.Host.Tests.Support;

/// <summary>Says whether JSON is what a schema allows: of JSON Schema 2020-12 the keywords that the scenario's schema has, and no others.</summary>
internal sealed class JsonSchema(JsonElement root)
{
    private static readonly HashSet<string> Annotations = ["$schema", "title", "description", "$defs", "default"];

    /// <summary>Whether a value is allowed.</summary>
    public bool Allows(JsonElement value) => Allows(root, value);

    private bool Allows(JsonElement schema, JsonElement value) => schema.EnumerateObject().All(keyword => keyword.Name switch
    {
        "$ref" => Allows(Resolve(keyword.Value.GetString()!), value),
        "anyOf" => keyword.Value.EnumerateArray().Any(alternative => Allows(alternative, value)),
        "type" => keyword.Value.ValueKind == JsonValueKind.Array
            ? keyword.Value.EnumerateArray().Any(type => IsOf(type.GetString()!, value)) : IsOf(keyword.Value.GetString()!, value),
        "enum" => keyword.Value.EnumerateArray().Any(known => JsonElement.DeepEquals(known, value)),
        "pattern" => value.ValueKind != JsonValueKind.String
            || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!, RegexOptions.ECMAScript, TimeSpan.FromSeconds(10)),
        "minimum" => value.ValueKind != JsonValueKind.Number || NumberOf(value) >= NumberOf(keyword.Value),
        "maximum" => value.ValueKind != JsonValueKind.Number || NumberOf(value) <= NumberOf(keyword.Value),
        "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32(),
        "items" => value.ValueKind != JsonValueKind.Array || value.EnumerateArray().All(item => Allows(keyword.Value, item)),
        "required" => value.ValueKind != JsonValueKind.Object || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
        "properties" => value.ValueKind != JsonValueKind.Object
            || keyword.Value.EnumerateObject().All(property => !value.TryGetProperty(property.Name, out var member) || Allows(property.Value, member)),
        "additionalProperties" => value.ValueKind != JsonValueKind.Object || Others(schema, value).All(other => AllowsOther(keyword.Value, other)),
        _ => Annotations.Contains(keyword.Name) ? true : throw new NotSupportedException($"the keyword {keyword.Name}"),
    });

    private static IEnumerable<JsonElement> Others(JsonElement schema, JsonElement value) => value.EnumerateObject()
        .Where(member => !schema.TryGetProperty("properties", out var properties) || !properties.TryGetProperty(member.Name, out _))
        .Select(member => member.Value);

    private bool AllowsOther(JsonElement schema, JsonElement value) => schema.ValueKind switch
    {
        JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => Allows(schema, value),
    };

    private JsonElement Resolve(string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate(root, (element, name) => element.GetProperty(name));

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(NumberOf(value)),
        _ => throw new NotSupportedException($"the type {type}"),
    };

    private static double NumberOf(JsonElement number) => number.GetDouble();
}
