using System.Text;

namespace KvmActors.Machine.Debugging.Remote;

/// <summary>Makes packets (GDB manual, "Remote Protocol", Overview).</summary>
public static class PacketText
{
    /// <summary>What an escaped byte is combined with.</summary>
    public const byte EscapeMask = 0x20;

    /// <summary>A packet around a content.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> content)
    {
        var packet = new List<byte>(content.Length + 4) { (byte)'$' };
        byte sum = 0;
        foreach (var value in content)
        {
            if (value is (byte)'$' or (byte)'#' or (byte)'}' or (byte)'*')
            {
                packet.Add((byte)'}');
                packet.Add((byte)(value ^ EscapeMask));
                sum += (byte)('}' + (value ^ EscapeMask));
            }
            else
            {
                packet.Add(value);
                sum += value;
            }
        }

        packet.Add((byte)'#');
        packet.AddRange(Encoding.ASCII.GetBytes(HexText.Of([sum])));
        return [.. packet];
    }
}
