using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;

namespace KvmActors.Host.Tests.Configuration;

/// <summary>The JSON schema of scenario files, made from the options' types and what their documentation says.</summary>
internal static partial class ScenarioSchema
{
    private const string AddressPattern = "^(?:0[xX][0-9a-fA-F]+|[0-9]+)$";
    private const long LongestSeconds = 922_337_203_685;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Lazy<Dictionary<string, string>> Summaries = new(() => XDocument
        .Load(Path.ChangeExtension(typeof(ScenarioOptions).Assembly.Location, ".xml")).Descendants("member")
        .ToDictionary(member => (string)member.Attribute("name")!, member => TextOf(member.Element("summary"))));

    /// <summary>The schema, as the file has it.</summary>
    public static string Text
    {
        get
        {
            var definitions = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
            var schema = ObjectSchema(OptionShape.Of(typeof(FileSections)), definitions);
            schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
            schema.Insert(1, "title", "A scenario of KvmActors");
            schema.Add("$defs", new JsonObject(definitions.Select(definition => KeyValuePair.Create<string, JsonNode?>(definition.Key, definition.Value))));
            return schema.ToJsonString(Indented) + "\n";
        }
    }

    private static JsonObject ObjectSchema(ObjectShape shape, SortedDictionary<string, JsonNode> definitions)
    {
        var properties = new JsonObject();
        foreach (var key in shape.Keys)
        {
            var property = SchemaOf(key.Shape, definitions);
            if (key.IsNeeded && key.Shape is ListShape)
            {
                property["minItems"] = 1;
            }

            property.Insert(0, "description", Describe(key.Property));
            properties.Add(key.Name, property);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (shape.Keys.Where(key => key.IsNeeded).Select(key => (JsonNode)key.Name).ToArray() is { Length: > 0 } needed)
        {
            schema["required"] = new JsonArray(needed);
        }

        schema["additionalProperties"] = false;
        return schema;
    }

    private static JsonObject SchemaOf(OptionShape shape, SortedDictionary<string, JsonNode> definitions)
    {
        switch (shape)
        {
            case ObjectShape thing:
                var name = thing.Type.Name.Replace("Options", "", StringComparison.Ordinal);
                if (definitions.TryAdd(name, new JsonObject()))
                {
                    definitions[name] = ObjectSchema(thing, definitions);
                }

                return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
            case ListShape list:
                return new JsonObject { ["type"] = "array", ["items"] = SchemaOf(list.Item, definitions) };
            case MapShape map:
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = SchemaOf(map.Item, definitions) };
            case VariablesShape variables:
                return AnyOf(
                    new JsonObject { ["type"] = "object", ["additionalProperties"] = SchemaOf(variables.Item, definitions) },
                    new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string", ["pattern"] = "^[^=]+=" } });
            case WordShape word:
                // The words for editors to offer; and in any case, as the program takes them.
                return AnyOf(
                    new JsonObject { ["enum"] = new JsonArray([.. word.Words.Select(known => (JsonNode)known)]) },
                    new JsonObject { ["type"] = "string", ["pattern"] = $"^(?:{string.Join('|', word.Words.Select(InAnyCase))})$" });
            case ScalarShape:
                return new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") };
            case AddressShape:
                return AnyOf(
                    new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = ulong.MaxValue },
                    new JsonObject { ["type"] = "string", ["pattern"] = AddressPattern });
            case WholeShape whole:
                var number = new JsonObject { ["type"] = "integer", ["minimum"] = whole.Minimum, ["maximum"] = whole.Maximum };
                return whole.IsAddress ? AnyOf(number, new JsonObject { ["type"] = "string", ["pattern"] = AddressPattern }) : number;
            case DurationShape:
                return AnyOf(
                    new JsonObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = LongestSeconds },
                    new JsonObject { ["type"] = "string", ["pattern"] = Durations.Pattern });
            default:
                return new JsonObject { ["type"] = shape is TruthShape ? "boolean" : "string" };
        }
    }

    private static JsonObject AnyOf(params JsonNode[] schemas) => new() { ["anyOf"] = new JsonArray(schemas) };

    private static string InAnyCase(string word) =>
        string.Concat(word.Select(c => char.IsAsciiLetter(c) ? $"[{char.ToUpperInvariant(c)}{char.ToLowerInvariant(c)}]" : $"{c}"));

    private static string Describe(PropertyInfo property) => Summaries.Value.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}")
        ?? XmlOf(property.DeclaringType!).GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}", "");

    // Options that other assemblies have, as what is sampled.
    private static Dictionary<string, string> XmlOf(Type type) => XDocument
        .Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member")
        .ToDictionary(member => (string)member.Attribute("name")!, member => TextOf(member.Element("summary")));

    // References are called by the last part of their names.
    private static string TextOf(XElement? summary) => summary is null ? "" : Spaces().Replace(
        string.Concat(summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "see" } see => ((string?)see.Attribute("cref") ?? (string?)see.Attribute("langword") ?? "").Split('.', ':')[^1],
            XElement element => element.Value,
            _ => node.ToString(),
        })),
        " ").Trim();

    [GeneratedRegex("\\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
