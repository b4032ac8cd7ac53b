using System.Runtime.CompilerServices;

namespace KvmActors.Library.Functions;

/// <summary>An answer's value, without reflection and without boxing.</summary>
internal static class FunctionAnswer
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FunctionDataException">It is none of the type.</exception>
    public static TResult Read<TResult>(ReadOnlySpan<byte> data)
    {
        var reader = new FunctionReader(data);
        if (typeof(TResult) == typeof(FunctionSignature.NoAnswer))
        {
            return default!;
        }

        if (typeof(TResult) == typeof(string))
        {
            var text = reader.ReadString();
            return Unsafe.As<string, TResult>(ref text);
        }

        if (typeof(TResult) == typeof(byte[]))
        {
            var bytes = reader.ReadBytes().ToArray();
            return Unsafe.As<byte[], TResult>(ref bytes);
        }

        if (typeof(TResult) == typeof(ReadOnlyMemory<byte>))
        {
            ReadOnlyMemory<byte> memory = reader.ReadBytes().ToArray();
            return Unsafe.As<ReadOnlyMemory<byte>, TResult>(ref memory);
        }

        // Numbers, too: little-endian, as everything here.
        if (typeof(TResult) == typeof(bool))
        {
            var value = reader.ReadBoolean();
            return Unsafe.As<bool, TResult>(ref value);
        }

        var source = reader.Take(Unsafe.SizeOf<TResult>());
        return Unsafe.ReadUnaligned<TResult>(in source[0]);
    }
}
