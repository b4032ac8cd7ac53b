using System.Globalization;
using System.Text;
using System.Text.Json;
using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;

namespace KvmActors.Host.Tests.Configuration;

/// <summary>Scenarios by chance: mostly what belongs at each key, and now and then something else.</summary>
/// <param name="seed">The same one gives the same scenarios.</param>
internal sealed class RandomScenario(int seed)
{
    private static readonly string[] Garbage =
    [
        "null", "true", "0", "-1", "1.5", "1e3", "1e300", "18446744073709551616", "\"\"", "\"x\"", "\"-1\"", "\"0x\"", "\"1s\"", "[]", "{}", "[null]", "[[]]",
        "{\"x\":{}}", "[\"a=b\"]", "[\"a\"]",
    ];

    private static readonly string[] Durations = ["1", "0.5", "10", "0", "-1", "\"250ms\"", "\"1m30s\"", "\"00:00:01\"", "\"1 s\"", "\"-1s\"", "\"1s1m\""];
    private static readonly string[] Addresses = ["0", "4096", "\"0x1000\"", "\"16\"", "-1", "\"0x\"", "\"top\"", "8192.0"];

#pragma warning disable CA5394 // Chance, not secrets: the seed has to give the same cases again.
    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();
    private int _oneInGarbage;

    /// <summary>A file.</summary>
    public string Next()
    {
        _text.Clear();
        _oneInGarbage = Pick([40, 200, int.MaxValue]);
        Value("", OptionShape.Of(typeof(FileSections)));
        return _text.ToString();
    }

    private void Value(string name, OptionShape shape)
    {
        if (name.Length > 0 && OneIn(_oneInGarbage))
        {
            _text.Append(Pick(Garbage));
            return;
        }

        switch (shape)
        {
            case ObjectShape thing:
                Object(thing);
                break;
            case ListShape list:
                List(1 + _random.Next(2), () => Value(name, list.Item));
                break;
            case ScalarShape:
                _text.Append(Pick(["1", "\"a\"", "true", "0.5", "\"\""]));
                break;
            case MapShape map:
                Members([(name switch { "Registers" => "RBX", "Matrix" => Pick(["size", "mode", "index"]), _ => "Default" }, () => Value(name, map.Item))]);
                break;
            case VariablesShape variables when OneIn(2):
                Members([("A", () => Value(name, variables.Item)), ("B", () => Value(name, variables.Item))]);
                break;
            case VariablesShape:
                List(2, () => Text($"{Pick(["A", "B", ""])}{_random.Next(1000)}{Pick(["=", "=x", "", "==", "=x=y"])}"));
                break;
            case WordShape word:
                Word(name, word);
                break;
            case AddressShape:
                _text.Append(Pick(Addresses));
                break;
            case WholeShape whole:
                Whole(whole);
                break;
            case DurationShape:
                _text.Append(Pick(Durations));
                break;
            case TruthShape:
                _text.Append(Pick(["true", "false"]));
                break;
            default:
                Text(name switch { "Image" or "Stdin" or "Host" => "image.bin", "Guest" => "/x", "Device" => "/dev/kvm", _ => $"n{_random.Next(1_000_000)}" });
                break;
        }
    }

    private void Object(ObjectShape thing)
    {
        var members = thing.Keys.Where(key => key.IsNeeded ? !OneIn(_oneInGarbage) : OneIn(8))
            .Select(key => (key.Name, (Action)(() => Value(key.Name, key.Shape)))).ToList();
        if (OneIn(_oneInGarbage))
        {
            members.Add(("Unknown", () => _text.Append(Pick(Garbage))));
        }

        Members(members);
    }

    private void Word(string name, WordShape word)
    {
        // Most kinds of images and restarts would only contradict other keys.
        var known = name == "Boot" && !OneIn(4) ? "long64" : Pick([.. word.Words]);
        Text(OneIn(5) ? known.ToUpperInvariant() : OneIn(_oneInGarbage) ? known + "x" : known);
    }

    private void Whole(WholeShape whole)
    {
        var number = OneIn(30) ? Pick([whole.Minimum, whole.Maximum, 0L, -1L]) : Math.Max(whole.Minimum, 0) + _random.Next(5);
        var text = Math.Min(number, whole.Maximum).ToString(CultureInfo.InvariantCulture);
        _text.Append(OneIn(30) ? $"\"{text}\"" : OneIn(30) ? $"{text}.0" : text);
    }

    private void List(int count, Action item) => Between("[", "]", Enumerable.Repeat(item, count));

    private void Members(IEnumerable<(string Name, Action Value)> members) => Between("{", "}", members.Select(member => (Action)(() =>
    {
        Text(member.Name);
        _text.Append(':');
        member.Value();
    })));

    private void Between(string begin, string end, IEnumerable<Action> parts)
    {
        _text.Append(begin);
        foreach (var (index, part) in parts.Index())
        {
            _text.Append(index > 0 ? "," : "");
            part();
        }

        _text.Append(end);
    }

    private void Text(string text) => _text.Append(JsonSerializer.Serialize(text));

    private bool OneIn(int count) => _random.Next(count) == 0;

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
