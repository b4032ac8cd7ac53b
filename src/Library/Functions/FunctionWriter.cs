using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace KvmActors;

/// <summary>
/// Writes a function's arguments, or its answer, as <c>guest/include/kvmactors.h</c> has them: each value begins at a multiple of 8 bytes. What
/// the source generator makes uses it; other code seldom needs to.
/// </summary>
public sealed class FunctionWriter
{
    private const int Alignment = sizeof(ulong), FirstRoom = 64;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>What was written; valid until more is.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Begins anew.</summary>
    public void Clear() => _length = 0;

    /// <summary>Writes a signed byte.</summary>
    public void Write(sbyte value) => WriteWord((ulong)value);

    /// <summary>Writes a byte.</summary>
    public void Write(byte value) => WriteWord(value);

    /// <summary>Writes a 16-bit number.</summary>
    public void Write(short value) => WriteWord((ulong)value);

    /// <summary>Writes an unsigned 16-bit number.</summary>
    public void Write(ushort value) => WriteWord(value);

    /// <summary>Writes a 32-bit number.</summary>
    public void Write(int value) => WriteWord((ulong)value);

    /// <summary>Writes an unsigned 32-bit number.</summary>
    public void Write(uint value) => WriteWord(value);

    /// <summary>Writes a 64-bit number.</summary>
    public void Write(long value) => WriteWord((ulong)value);

    /// <summary>Writes an unsigned 64-bit number.</summary>
    public void Write(ulong value) => WriteWord(value);

    /// <summary>Writes a truth value.</summary>
    public void Write(bool value) => WriteWord(value ? 1UL : 0);

    /// <summary>Writes a single-precision number.</summary>
    public void Write(float value) => WriteWord(BitConverter.SingleToUInt32Bits(value));

    /// <summary>Writes a double-precision number.</summary>
    public void Write(double value) => WriteWord(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Writes a text in UTF-8, with its length before it and a NUL behind it.</summary>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var bytes = Encoding.UTF8.GetByteCount(value);
        WriteWord((ulong)bytes);
        Encoding.UTF8.GetBytes(value, Take(bytes + 1));
    }

    /// <summary>Writes a block of bytes, with its length before it.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteWord((ulong)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Writes a structure as it is in memory.</summary>
    public void WriteStruct<T>(in T value)
        where T : unmanaged => WriteBlock(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    internal void WriteBlock(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    internal void WriteWord(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    // All of it zero, and as much more as it takes to the next multiple.
    private Span<byte> Take(int bytes)
    {
        var aligned = checked((bytes + Alignment - 1) & ~(Alignment - 1));
        var end = checked(_length + aligned);
        if (end > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max((long)Math.Max(end, FirstRoom), (long)_bytes.Length * 2), Array.MaxLength));
        }

        var taken = _bytes.AsSpan(_length, aligned);
        taken.Clear();
        _length = end;
        return taken[..bytes];
    }
}
