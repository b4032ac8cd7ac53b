using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using KvmActors.Host.Configuration;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Host.Tests.Configuration;

/// <summary>Every key of a configuration with every kind of garbage: what cannot be is refused, and nothing else comes of it.</summary>
[Collection(SerialCollection.Name)]
public sealed class GarbageTests : IDisposable
{
    private static readonly string[] Garbage =
    [
        "null", "true", "\"\"", "\" \"", "0", "-1", "1", "3.5", "1e308", "-9223372036854775808", "9223372036854775807", "18446744073709551616",
        "99999999999999999999999", "\"NaN\"", "\"0x\"", "\"0xffffffffffffffff\"", "\"-00:00:01\"", "\"99999999.23:59:59\"", "\"a\\u0000b\"", "\"a\\nb\"",
        "\"\\ud800\"", "\"/\"", "\"/dev/zero\"", "\"..\"", "\"*\"", "\"{0}\"", "[]", "{}", "[null]", "[[]]", "[{}]", "[-1]", "{\"x\":null}", "{\"\":\"\"}",
        "{\"x\":{\"y\":[1,2]}}", "{\"0\":{\"0\":\"x\"}}", "[\"x\",\"x\",\"x\"]",
    ];

    // Where garbage comes to stand, which need not be what a JSON writer would write.
    private const string Place = "PLACE";

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Keys => [.. KeysOf("Scenario", typeof(ScenarioOptions)).Concat(KeysOf("Kvm", typeof(KvmOptions)))
        .Concat(KeysOf("Telemetry", typeof(TelemetryOptions))).Concat(KeysOf("Logging", typeof(LoggingOptions)))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Keys))]
    public void Read_Garbage_IsRefusedOrMayRun(string key)
    {
        File.WriteAllBytes(_folder["kernel.elf"], ElfFile.WithCode(0x10_0000, [0xF4]).ToArray());
        foreach (var garbage in Garbage.Append($"\"{new string('9', 10_000)}\""))
        {
            var root = JsonNode.Parse("""{ "Scenario": { "Vms": [ { "Name": "a", "Boot": "elf64", "Image": "kernel.elf" } ] } }""")!;
            Put(root, key.Split(':'));
            var file = _folder.AddFile("scenario.json", root.ToJsonString().Replace($"\"{Place}\"", garbage, StringComparison.Ordinal));
            try
            {
                using var configuration = ProgramConfiguration.Read(file, []);
                ProgramConfiguration.ReadOptions(configuration);
                ProgramConfiguration.ReadScenario(configuration, file);
            }
            catch (ConfigurationException e)
            {
                Assert.NotEmpty(e.Problems);
                Assert.All(e.Problems, Assert.NotEmpty);
            }
            catch (Exception e)
            {
                Assert.Fail($"{key} = {garbage}: {e}");
            }
        }
    }

    private static IEnumerable<string> KeysOf(string path, Type type)
    {
        yield return path;
        if (type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)))
        {
            // A list's first item, or an entry of a dictionary.
            var name = type.IsAssignableTo(typeof(IList)) ? "0" : "X";
            foreach (var key in KeysOf($"{path}:{name}", type.GetGenericArguments()[^1]))
            {
                yield return key;
            }
        }
        else if (type.Assembly != typeof(string).Assembly)
        {
            foreach (var key in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)
                .SelectMany(property => KeysOf($"{path}:{property.Name}", property.PropertyType)))
            {
                yield return key;
            }
        }
    }

    private static void Put(JsonNode node, string[] keys)
    {
        foreach (var (index, key) in keys[..^1].Index())
        {
            JsonNode Make() => keys[index + 1] == "0" ? new JsonArray() : new JsonObject();
            if (node is JsonArray array)
            {
                if (array.Count == 0)
                {
                    array.Add(Make());
                }

                node = array[0]!;
            }
            else
            {
                node = node[key] ??= Make();
            }
        }

        var value = JsonValue.Create(Place);
        if (node is JsonArray list)
        {
            list.Clear();
            list.Add(value);
        }
        else
        {
            node[keys[^1]] = value;
        }
    }
}
