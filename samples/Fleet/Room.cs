using KvmActors;

namespace Fleet;

/// <summary>A room with a heater, as the registers of its thermostat show it. Its guest's vCPU alone uses it, and time is what the guest waits for.</summary>
internal sealed class Room(double outside, double target) : IMemoryDevice
{
    private const double LossPerSecond = 1.0 / 7200, HeatPerSecond = 1.0 / 120;

    private double _temperature = outside;
    private double _seconds;
    private double _heated;
    private bool _isHeated;

    /// <summary>How cold it is outside, in degrees.</summary>
    public double Outside { get; } = outside;

    /// <summary>How warm the room is, in degrees.</summary>
    public double Temperature => _temperature;

    /// <summary>How often the heater was switched.</summary>
    public int Switches { get; private set; }

    /// <summary>The part of the time that the heater was on, from 0 to 1.</summary>
    public double Heated => _seconds == 0 ? 0 : _heated / _seconds;

    public ulong Read(long offset, int size) => offset switch
    {
        0x0 => (uint)(int)(_temperature * 100),
        0x4 => (uint)(int)(target * 100),
        _ => 0,
    };

    public void Write(long offset, int size, ulong value)
    {
        switch (offset)
        {
            case 0x8:
                Switches += _isHeated == (value != 0) ? 0 : 1;
                _isHeated = value != 0;
                break;
            case 0xC:
                // Guests are hostile: no more at once than an hour.
                for (var second = 0; second < (int)Math.Min(value, 3600); second++)
                {
                    _temperature += (_isHeated ? HeatPerSecond : 0) - ((_temperature - Outside) * LossPerSecond);
                    _heated += _isHeated ? 1 : 0;
                    _seconds++;
                }

                break;
        }
    }
}
