using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Devices;

/// <summary>
/// Console ports as one vCPU sees them: bytes are gathered and leave as whole lines, so that a guest that writes byte by byte
/// costs no system call for each. Belongs to the vCPU's thread.
/// </summary>
public sealed class ConsoleDevice(GuestConsole console, IEnumerable<DeviceSpec> devices)
{
    /// <summary>Ports every VM's console has: the first serial port's data register, and the one Bochs and QEMU debug with.</summary>
    private const ushort SerialPort = 0x3F8, DebugPort = 0xE9;

    private readonly ushort[] _ports = [SerialPort, DebugPort, .. devices.OfType<ConsoleDeviceSpec>().Select(device => device.Port)];
    private readonly byte[] _line = new byte[512];
    private int _length;

    /// <summary>Has the vCPU wait so many nanoseconds, when its VM has written more than it may in a second; null for not at all.</summary>
    public Action<long>? Pause { get; init; }

    /// <summary>Whether this device answers a port.</summary>
    public bool Claims(ushort port) => _ports.AsSpan().Contains(port);

    /// <summary>Takes bytes the guest wrote to a console port.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            _line[_length++] = value;
            if (value == (byte)'\n' || _length == _line.Length)
            {
                Flush();
            }
        }
    }

    /// <summary>Sends what has been gathered.</summary>
    public void Flush()
    {
        if (_length > 0)
        {
            var length = _length;
            _length = 0;
            console.Write(GuestStream.Output, _line.AsSpan(0, length), out var delay);
            if (delay > 0)
            {
                Pause?.Invoke(delay);
            }
        }
    }
}
