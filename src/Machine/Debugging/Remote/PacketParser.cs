namespace KvmActors.Machine.Debugging.Remote;

/// <summary>What a debugger sent.</summary>
public enum PacketKind
{
    /// <summary>A packet whose checksum is right.</summary>
    Packet,

    /// <summary>A packet that arrived broken: to be asked for again.</summary>
    Broken,

    /// <summary>The byte that interrupts (Ctrl-C).</summary>
    Interrupt,

    /// <summary>A packet of ours has arrived.</summary>
    Acknowledged,

    /// <summary>A packet of ours has to be sent again.</summary>
    NotAcknowledged,
}

/// <summary>Something that a debugger sent.</summary>
/// <param name="Kind">What.</param>
/// <param name="Content">A packet's content, unescaped; empty for all else.</param>
public sealed record RemotePacket(PacketKind Kind, byte[] Content);

/// <summary>
/// Takes packets out of the bytes that a debugger sends (GDB manual, "Remote Protocol", Overview). The bytes come from a socket that
/// anybody on this machine may have opened: whatever comes, it is a packet, a broken one, or nothing.
/// </summary>
public sealed class PacketParser
{
    /// <summary>The most bytes of a packet's content.</summary>
    public const int MaxContentBytes = 0x4000;

    private readonly List<byte> _content = [];
    private State _state;
    private bool _isEscaped, _isTooLong;
    private byte _sum, _stated;

    private enum State
    {
        Between,
        Content,
        FirstDigit,
        SecondDigit,
    }

    /// <summary>Takes one byte.</summary>
    /// <returns>What it completes; null for nothing yet.</returns>
    public RemotePacket? Take(byte value)
    {
        switch (_state)
        {
            case State.Between:
                return TakeBetween(value);
            case State.Content:
                TakeContent(value);
                return null;
            case State.FirstDigit:
                _stated = (byte)(HexText.ValueOf(value) << 4);
                _isTooLong |= HexText.ValueOf(value) < 0;
                _state = State.SecondDigit;
                return null;
            default:
                _state = State.Between;
                return Complete(HexText.ValueOf(value));
        }
    }

    private RemotePacket? TakeBetween(byte value)
    {
        switch (value)
        {
            case (byte)'$':
                _content.Clear();
                (_sum, _isEscaped, _isTooLong, _state) = (0, false, false, State.Content);
                return null;
            case 3:
                return new RemotePacket(PacketKind.Interrupt, []);
            case (byte)'+':
                return new RemotePacket(PacketKind.Acknowledged, []);
            case (byte)'-':
                return new RemotePacket(PacketKind.NotAcknowledged, []);
            default:
                // Noise between packets is passed over.
                return null;
        }
    }

    private void TakeContent(byte value)
    {
        if (value == '#')
        {
            _state = State.FirstDigit;
            return;
        }

        if (value == '$')
        {
            // A packet's begin cannot be inside another: that one was cut off.
            _content.Clear();
            (_sum, _isEscaped, _isTooLong) = (0, false, false);
            return;
        }

        _sum += value;
        if (value == '}' && !_isEscaped)
        {
            _isEscaped = true;
            return;
        }

        if (_content.Count < MaxContentBytes)
        {
            _content.Add(_isEscaped ? (byte)(value ^ PacketText.EscapeMask) : value);
        }
        else
        {
            _isTooLong = true;
        }

        _isEscaped = false;
    }

    private RemotePacket Complete(int digit) =>
        digit < 0 || _isTooLong || _isEscaped || (byte)(_stated | digit) != _sum
            ? new RemotePacket(PacketKind.Broken, [])
            : new RemotePacket(PacketKind.Packet, [.. _content]);
}
