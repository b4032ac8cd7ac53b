using System.Buffers.Binary;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>The eight bytes that are read from and written to files that count.</summary>
internal static class CounterBytes
{
    /// <summary>How many there are.</summary>
    public const int Length = sizeof(ulong);

    /// <summary>Puts a number into the first bytes of a transfer that has room for it.</summary>
    public static void Write(GuestIoVector target, ulong value)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Span<byte> rest = bytes;
        for (var index = 0; !rest.IsEmpty; index++)
        {
            var piece = target.GetPiece(index);
            var part = rest[..Math.Min(rest.Length, piece.Length)];
            part.CopyTo(piece);
            rest = rest[part.Length..];
        }
    }

    /// <summary>Takes a number out of the first bytes of a transfer that has as many.</summary>
    public static ulong Read(GuestIoVector source)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> rest = bytes;
        for (var index = 0; !rest.IsEmpty; index++)
        {
            var piece = source.GetPiece(index);
            var part = piece[..Math.Min(rest.Length, piece.Length)];
            part.CopyTo(rest);
            rest = rest[part.Length..];
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
