using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using KvmActors.Fuzz.Tests.Running;

namespace KvmActors.Fuzz.Tests.Configuration;

/// <summary>JSON for a type of options: mostly the keys it has, with values that they could take, and now and then neither.</summary>
internal sealed class JsonChoice(string[] files)
{
    private const int MaxDepth = 6;

    private static readonly string[] Words =
    [
        "a", "flat", "elf64", "long64", "real16", "protected32", "Read", "ReadWrite", "Image", "Stack", "PageTables", "Nothing", "Console", "Serial", "Doorbell",
        "RegisterBank", "Warm", "Cold", "Never", "OnFailure", "Always", "Halted", "Exited", "Crashed", "TimedOut", "4KiB", "2MiB", "/data", "/", "data", "/a/../b",
        "a\nb", "a\n", "\0", "", " ", "a-0-restart", "ÿ\ud83d\ude00", "rax", "Rip", "0x1000", "0x", "-1", "1e3", "0xFFFFFFFFFFFFFFFF", "18446744073709551616",
        "00:00:01", "1.00:00:00", "99999999.00:00:00", "NaN", "Infinity", "true", "null", "/dev/zero", "/proc/self/mem", "../..", "{", "%s%n", "$(id)",
    ];

    private static readonly string[] Needed = ["Name", "Boot", "Image", "Vms", "Type", "Port", "Address", "Size", "Guest", "Host"];

    private static readonly long[] Numbers = [1, 0, 2, 3, 4, 8, 16, 64, 4096, 65536, -1, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 1L << 32, 1_000_000];

    private readonly StringBuilder _text = new();

    /// <summary>A file with a scenario in it, or nearly.</summary>
    public string Scenario(FuzzInput input, Type options)
    {
        _text.Clear();
        _text.Append("{\"Scenario\": ");
        Value(input, options, "", 0);
        _text.Append('}');
        if (input.OneIn(30))
        {
            Damage(input);
        }

        return _text.ToString();
    }

    private void Damage(FuzzInput input)
    {
        for (var changes = 1 + input.Next(3); changes > 0 && _text.Length > 1; changes--)
        {
            var at = input.Next(_text.Length);
            switch (input.Next(4))
            {
                case 0:
                    _text.Length = at;
                    break;
                case 1:
                    _text[at] = (char)input.Next(256);
                    break;
                case 2:
                    _text.Insert(at, input.Pick<string>(["[", "{", "]", "}", "\"", ",", "//", "/*", "\0", "\ufeff", "1e999", "\\u0000", "\\ud800"]));
                    break;
                default:
                    _text.Insert(at, input.Pick<string>(["[", "{\"a\":"]), 200 * input.Next(20));
                    break;
            }
        }
    }

    // What somebody who has read the documentation writes; one in eight has not.
    private string Fitting(FuzzInput input, string key) => input.OneIn(8) ? input.Pick<string>(Words) : key switch
    {
        "Image" or "Host" or "Stdin" => input.Pick<string>(files),
        "Address" or "Size" or "Port" or "Offset" or "Value" or "LoadAddress" or "Entry" =>
            input.Pick<string>(["0x1000", "0", "4096", "0x10000", "0x3f8", "16", "0x200000", "0xFEE00000", "0x100000000"]),
        "Name" => input.Pick<string>(["a", "b", "c-1", "d.e"]),
        "Boot" => input.Pick<string>(["long64", "elf64", "real16", "protected32"]),
        "Type" => input.Pick<string>(["Console", "Serial", "Doorbell", "RegisterBank"]),
        "Access" => input.Pick<string>(["Read", "ReadWrite", "Overlay"]),
        "Guest" => input.Pick<string>(["/data", "/data/x", "/", "/bin/prog"]),
        "Start" => input.Pick<string>(["Warm", "Cold"]),
        "Policy" => input.Pick<string>(["Never", "OnFailure", "Always"]),
        _ => input.Pick<string>(Words),
    };

    private void Value(FuzzInput input, Type type, string key, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (input.OneIn(40) || depth > MaxDepth)
        {
            Wrong(input);
        }
        else if (type == typeof(string))
        {
            Text(Fitting(input, key));
        }
        else if (type == typeof(TimeSpan))
        {
            var written = input.Pick<string>(["00:00:01", "00:00:00", "-00:00:01", "1.00:00:00", "24.00:00:00", "9999999.00:00:00", "00:00:00.0000001", "1", "0.5", "250ms", "1m30s", "1e9"]);
            if (char.IsAsciiDigit(written[^1]) && !written.Contains(':', StringComparison.Ordinal))
            {
                _text.Append(written);
            }
            else
            {
                Text(written);
            }
        }
        else if (type == typeof(bool))
        {
            _text.Append(input.OneIn(2) ? "true" : "false");
        }
        else if (type.IsPrimitive)
        {
            _text.Append((input.OneIn(10) ? (long)input.Bits() : input.OneIn(3) ? input.Pick<long>(Numbers) : 1 + input.Next(4)).ToString(CultureInfo.InvariantCulture));
        }
        else if (type.IsGenericType && type.IsAssignableTo(typeof(IDictionary)))
        {
            Members(input.Next(3), _ => (input.Pick<string>(Words), type.GetGenericArguments()[1]), input, depth);
        }
        else if (type.IsGenericType)
        {
            _text.Append('[');
            for (int items = input.OneIn(200) ? 300 : input.Next(3), index = 0; index < items; index++)
            {
                _text.Append(index > 0 ? "," : "");
                Value(input, type.GetGenericArguments()[0], key, depth + 1);
            }

            _text.Append(']');
        }
        else
        {
            Options(input, type, depth);
        }
    }

    // What is needed first, or nothing is ever taken.
    private void Options(FuzzInput input, Type type, int depth)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        string[] needed = [.. Needed.Where(name => properties.Any(property => property.Name == name))];
        var count = input.Next(4);
        Members(
            needed.Length + count,
            index =>
            {
                var property = index < needed.Length ? properties.First(property => property.Name == needed[index]) : input.Pick<PropertyInfo>(properties);
                return (input.OneIn(100) ? input.Pick<string>(Words) : property.Name, property.PropertyType);
            },
            input, depth);
    }

    private void Members(int count, Func<int, (string Name, Type Type)> member, FuzzInput input, int depth)
    {
        _text.Append('{');
        for (var index = 0; index < count; index++)
        {
            var (name, type) = member(index);
            _text.Append(index > 0 ? "," : "");
            Text(name);
            _text.Append(':');
            Value(input, type, name, depth + 1);
        }

        _text.Append('}');
    }

    private void Wrong(FuzzInput input) => _text.Append(input.Pick<string>(
        ["null", "[]", "{}", "1.5", "-0", "1e400", "\"\"", "\"x\"", "[[[]]]", "{\"a\":{\"b\":[null]}}", "123456789012345678901234567890", "true"]));

    private void Text(string text) => _text.Append(JsonSerializer.Serialize(text));
}
