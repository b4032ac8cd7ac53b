using System.Globalization;
using System.Runtime.CompilerServices;

namespace KvmActors;

/// <summary>How a function's types are written: <c>guest/include/kvmactors.h</c> has the letters.</summary>
internal static class FunctionSignature
{
    /// <summary>The letters of what is no number.</summary>
    public const char Text = 's', Bytes = 'B', Structure = 'S', Nothing = 'v';

    private const string Known = "ycnqiuxtbfdsBv";

    private static readonly string[] Texts = [.. Known.Select(code => code.ToString())];

    /// <summary>A letter as a text.</summary>
    public static string TextOf(char code) => Texts[Known.IndexOf(code, StringComparison.Ordinal)];

    /// <summary>How the type of an answer is written; null for one that no guest can give.</summary>
    public static string? Of<T>()
    {
        var code = typeof(T) == typeof(int) ? 'i' : typeof(T) == typeof(long) ? 'x' : typeof(T) == typeof(bool) ? 'b'
            : typeof(T) == typeof(string) ? Text : typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>) ? Bytes
            : typeof(T) == typeof(double) ? 'd' : typeof(T) == typeof(float) ? 'f' : typeof(T) == typeof(uint) ? 'u' : typeof(T) == typeof(ulong) ? 't'
            : typeof(T) == typeof(byte) ? 'y' : typeof(T) == typeof(sbyte) ? 'c' : typeof(T) == typeof(short) ? 'n' : typeof(T) == typeof(ushort) ? 'q'
            : typeof(T) == typeof(NoAnswer) ? Nothing : '\0';
        return code != '\0' ? TextOf(code)
            : RuntimeHelpers.IsReferenceOrContainsReferences<T>() || typeof(T).IsPrimitive ? null
            : string.Create(CultureInfo.InvariantCulture, $"S{Unsafe.SizeOf<T>()};");
    }

    /// <summary>A signature for people: <c>int (bytes, string)</c>.</summary>
    public static string Describe(string signature)
    {
        var open = signature.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            return signature;
        }

        var words = new List<string>();
        for (var at = open + 1; at < signature.Length && signature[at] != ')';)
        {
            words.Add(WordOf(signature, ref at));
        }

        var first = 0;
        return $"{WordOf(signature, ref first)} ({string.Join(", ", words)})";
    }

    private static string WordOf(string signature, ref int at)
    {
        var code = signature[at++];
        if (code != Structure)
        {
            return code switch
            {
                'y' => "byte",
                'c' => "sbyte",
                'n' => "short",
                'q' => "ushort",
                'i' => "int",
                'u' => "uint",
                'x' => "long",
                't' => "ulong",
                'b' => "bool",
                'f' => "float",
                'd' => "double",
                Text => "string",
                Bytes => "bytes",
                Nothing => "nothing",
                _ => "?",
            };
        }

        var end = signature.IndexOf(';', at);
        var size = end < 0 ? signature[at..] : signature[at..end];
        at = end < 0 ? signature.Length : end + 1;
        return $"structure of {size} bytes";
    }

    /// <summary>The type of an answer that is none.</summary>
    internal readonly struct NoAnswer;
}
