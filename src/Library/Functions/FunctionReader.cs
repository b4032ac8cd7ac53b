using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace KvmActors;

/// <summary>
/// Reads a function's arguments, or its answer, as <c>guest/include/kvmactors.h</c> has them. The bytes are a guest's, and nothing in them is
/// believed. What the source generator makes uses it; other code seldom needs to.
/// </summary>
/// <param name="data">The bytes.</param>
public ref struct FunctionReader(ReadOnlySpan<byte> data)
{
    private const int Alignment = sizeof(ulong);

    private ReadOnlySpan<byte> _data = data;

    /// <summary>Whether all was read.</summary>
    public readonly bool IsAtEnd => _data.IsEmpty;

    /// <summary>Reads a signed byte.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public sbyte ReadSByte() => (sbyte)ReadWord();

    /// <summary>Reads a byte.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public byte ReadByte() => (byte)ReadWord();

    /// <summary>Reads a 16-bit number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public short ReadInt16() => (short)ReadWord();

    /// <summary>Reads an unsigned 16-bit number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public ushort ReadUInt16() => (ushort)ReadWord();

    /// <summary>Reads a 32-bit number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public int ReadInt32() => (int)ReadWord();

    /// <summary>Reads an unsigned 32-bit number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public uint ReadUInt32() => (uint)ReadWord();

    /// <summary>Reads a 64-bit number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public long ReadInt64() => (long)ReadWord();

    /// <summary>Reads an unsigned 64-bit number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public ulong ReadUInt64() => ReadWord();

    /// <summary>Reads a truth value.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public bool ReadBoolean() => ReadWord() != 0;

    /// <summary>Reads a single-precision number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public float ReadSingle() => BitConverter.UInt32BitsToSingle((uint)ReadWord());

    /// <summary>Reads a double-precision number.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadWord());

    /// <summary>Reads a text; what is no UTF-8 shows as U+FFFD.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public string ReadString()
    {
        var length = ReadLength();
        return Encoding.UTF8.GetString(Take(length + 1)[..length]);
    }

    /// <summary>Reads a block of bytes, which are not copied.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public ReadOnlySpan<byte> ReadBytes() => Take(ReadLength());

    /// <summary>Reads a structure.</summary>
    /// <exception cref="FunctionDataException">There is none.</exception>
    public T ReadStruct<T>()
        where T : unmanaged
    {
        T value = default;
        var target = MemoryMarshal.AsBytes(new Span<T>(ref value));
        Take(target.Length).CopyTo(target);
        return value;
    }

    private ulong ReadWord() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    private int ReadLength()
    {
        var length = ReadWord();
        return length < (ulong)_data.Length + 1 ? (int)length : throw FunctionDataException.TooShort();
    }

    internal ReadOnlySpan<byte> Take(int bytes)
    {
        var aligned = ((long)bytes + Alignment - 1) & ~(Alignment - 1L);
        if (aligned > _data.Length)
        {
            throw FunctionDataException.TooShort();
        }

        var taken = _data[..bytes];
        _data = _data[(int)aligned..];
        return taken;
    }
}

/// <summary>A guest's arguments, or its answer, are not what its function's signature says.</summary>
public sealed class FunctionDataException : Exception
{
    /// <summary>Makes one.</summary>
    public FunctionDataException()
    {
    }

    /// <summary>Makes one.</summary>
    public FunctionDataException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    public FunctionDataException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static FunctionDataException TooShort() => new("the guest's data end before the values that its signature names");
}
