using Iced.Intel;

namespace KvmActors.Software.Decoding;

/// <summary>The bytes that a block is decoded from.</summary>
internal sealed class FetchBuffer : CodeReader
{
    private readonly byte[] _bytes = new byte[Translator.MaxBytes + Translator.MaxInstructionBytes];

    /// <summary>Bytes in it.</summary>
    public int Length { get; private set; }

    /// <summary>The next to be read.</summary>
    public int Position { get; set; }

    /// <summary>Whether more were asked for than there are.</summary>
    public bool RanOut { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Begins anew.</summary>
    public void Clear() => (Length, Position, RanOut) = (0, 0, false);

    /// <summary>Adds bytes at the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
        RanOut = false;
    }

    /// <inheritdoc/>
    public override int ReadByte()
    {
        if (Position < Length)
        {
            return _bytes[Position++];
        }

        RanOut = true;
        return -1;
    }
}
