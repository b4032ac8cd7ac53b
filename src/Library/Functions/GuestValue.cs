using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace KvmActors;

/// <summary>
/// One argument for a guest's function: a number, a text, a block of bytes or a flat structure. Numbers, texts and blocks convert by themselves;
/// structures by <see cref="Of{T}"/>.
/// </summary>
[SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "Arguments are written as what they are; nobody names the conversion.")]
public readonly struct GuestValue
{
    private readonly ulong _bits;
    private readonly string? _text;
    private readonly ReadOnlyMemory<byte> _bytes;

    private GuestValue(char code, ulong bits)
    {
        Code = code;
        _bits = bits;
    }

    private GuestValue(char code, ReadOnlyMemory<byte> bytes)
    {
        Code = code;
        _bytes = bytes;
    }

    private GuestValue(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Code = FunctionSignature.Text;
        _text = text;
    }

    /// <summary>How a signature writes its type: <c>guest/include/kvmactors.h</c> has the letters.</summary>
    public string Signature => Code == FunctionSignature.Structure
        ? string.Create(CultureInfo.InvariantCulture, $"S{_bytes.Length};")
        : Code != '\0' ? FunctionSignature.TextOf(Code) : throw new InvalidOperationException("This GuestValue was never given a value.");

    internal char Code { get; }

    /// <summary>A signed byte.</summary>
    public static implicit operator GuestValue(sbyte value) => new('c', (ulong)value);

    /// <summary>A byte.</summary>
    public static implicit operator GuestValue(byte value) => new('y', value);

    /// <summary>A 16-bit number.</summary>
    public static implicit operator GuestValue(short value) => new('n', (ulong)value);

    /// <summary>An unsigned 16-bit number.</summary>
    public static implicit operator GuestValue(ushort value) => new('q', value);

    /// <summary>A 32-bit number.</summary>
    public static implicit operator GuestValue(int value) => new('i', (ulong)value);

    /// <summary>An unsigned 32-bit number.</summary>
    public static implicit operator GuestValue(uint value) => new('u', value);

    /// <summary>A 64-bit number.</summary>
    public static implicit operator GuestValue(long value) => new('x', (ulong)value);

    /// <summary>An unsigned 64-bit number.</summary>
    public static implicit operator GuestValue(ulong value) => new('t', value);

    /// <summary>A truth value.</summary>
    public static implicit operator GuestValue(bool value) => new('b', value ? 1UL : 0);

    /// <summary>A single-precision number.</summary>
    public static implicit operator GuestValue(float value) => new('f', BitConverter.SingleToUInt32Bits(value));

    /// <summary>A double-precision number.</summary>
    public static implicit operator GuestValue(double value) => new('d', BitConverter.DoubleToUInt64Bits(value));

    /// <summary>A text, which the guest gets in UTF-8.</summary>
    public static implicit operator GuestValue(string value) => new(value);

    /// <summary>A block of bytes; not to be changed before the call has begun.</summary>
    public static implicit operator GuestValue(byte[] value) => new(FunctionSignature.Bytes, value);

    /// <summary>A block of bytes; not to be changed before the call has begun.</summary>
    public static implicit operator GuestValue(ReadOnlyMemory<byte> value) => new(FunctionSignature.Bytes, value);

    /// <summary>A block of bytes; not to be changed before the call has begun.</summary>
    public static implicit operator GuestValue(Memory<byte> value) => new(FunctionSignature.Bytes, value);

    /// <summary>A structure without references, as it is in memory: the guest's has to be laid out alike.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    public static GuestValue Of<T>(in T value)
        where T : unmanaged => new(FunctionSignature.Structure, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray());

    internal void WriteTo(FunctionWriter writer)
    {
        switch (Code)
        {
            case FunctionSignature.Text:
                writer.WriteString(_text!);
                break;
            case FunctionSignature.Bytes:
                writer.WriteBytes(_bytes.Span);
                break;
            case FunctionSignature.Structure:
                writer.WriteBlock(_bytes.Span);
                break;
            default:
                writer.WriteWord(_bits);
                break;
        }
    }
}
