using System.Text;

namespace KvmActors.Machine.Debugging.Remote;

/// <summary>Numbers and bytes as the protocol writes them.</summary>
public static class HexText
{
    /// <summary>The value of a hexadecimal digit; -1 for anything else.</summary>
    public static int ValueOf(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };

    /// <summary>Reads a number of at most 16 digits, and takes it away.</summary>
    /// <returns>False when there is none.</returns>
    public static bool TryTakeNumber(ref ReadOnlySpan<byte> text, out ulong number)
    {
        number = 0;
        var digits = 0;
        while (digits < text.Length && digits < 16 && ValueOf(text[digits]) is var value and >= 0)
        {
            number = (number << 4) | (uint)value;
            digits++;
        }

        text = text[digits..];
        return digits > 0;
    }

    /// <summary>Takes a character away.</summary>
    /// <returns>False when it is not there.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> text, char character)
    {
        if (text.IsEmpty || text[0] != character)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    /// <summary>Bytes out of pairs of digits; null when they are none.</summary>
    public static byte[]? ToBytes(ReadOnlySpan<byte> text)
    {
        if (text.Length % 2 != 0)
        {
            return null;
        }

        var bytes = new byte[text.Length / 2];
        for (var index = 0; index < bytes.Length; index++)
        {
            var (high, low) = (ValueOf(text[2 * index]), ValueOf(text[(2 * index) + 1]));
            if (high < 0 || low < 0)
            {
                return null;
            }

            bytes[index] = (byte)((high << 4) | low);
        }

        return bytes;
    }

    /// <summary>Pairs of digits.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>A text's bytes as pairs of digits.</summary>
    public static string OfText(string text) => Of(Encoding.UTF8.GetBytes(text));
}
