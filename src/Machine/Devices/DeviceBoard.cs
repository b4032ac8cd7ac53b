using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Devices;

/// <summary>All devices of one VM.</summary>
public sealed class DeviceBoard : IDisposable
{
    private readonly IReadOnlyList<IDevice> _devices;
    private readonly IPortDevice[] _ports;
    private readonly IMmioDevice[] _memory;
    private readonly bool _hasCoalescedPorts;
    private int _draining;

    private DeviceBoard(IReadOnlyList<IDevice> devices, bool hasCoalescedPorts)
    {
        _devices = devices;
        _ports = [.. devices.OfType<IPortDevice>()];
        _memory = [.. devices.OfType<IMmioDevice>()];
        _hasCoalescedPorts = hasCoalescedPorts;
    }

    /// <summary>Makes the devices of a VM.</summary>
    /// <param name="specs">Which.</param>
    /// <param name="input">What its serial ports read.</param>
    /// <param name="vm">The VM that is to signal doorbells and gather writes.</param>
    /// <exception cref="SystemCallException">The host refused one.</exception>
    public static DeviceBoard Create(IEnumerable<DeviceSpec> specs, GuestInput input, IVirtualMachine vm)
    {
        var devices = new List<IDevice>();
        var hasCoalescedPorts = false;
        try
        {
            foreach (var spec in specs)
            {
                switch (spec)
                {
                    case SerialDeviceSpec serial:
                        devices.Add(new SerialDevice(serial, input));
                        break;
                    case RegisterBankSpec bank:
                        devices.Add(new RegisterBank(bank));
                        break;
                    case DoorbellSpec doorbell:
                        devices.Add(Doorbell.Create(doorbell, vm));
                        break;
                    case CustomDeviceSpec custom:
                        devices.Add(custom.Create());
                        break;
                    case DebugExitSpec exit:
                        devices.Add(new DebugExit(exit));
                        break;
                    case ConsoleDeviceSpec { IsCoalesced: true } console:
                        hasCoalescedPorts |= vm.TryCoalesce(console.Port);
                        break;
                }
            }

            return new DeviceBoard(devices, hasCoalescedPorts);
        }
        catch
        {
            Dispose(devices);
            throw;
        }
    }

    /// <summary>What the devices have to say when the VM has ended. Ask once.</summary>
    public IReadOnlyList<DeviceReport> Reports => [.. _devices.Select(device => device.Report).OfType<DeviceReport>()];

    /// <summary>The device on a port, or null.</summary>
    public IPortDevice? FindPort(ushort port)
    {
        foreach (var device in _ports)
        {
            if (device.Claims(port))
            {
                return device;
            }
        }

        return null;
    }

    /// <summary>The device at an address, or null.</summary>
    public IMmioDevice? FindMemory(ulong address, int length)
    {
        foreach (var device in _memory)
        {
            if (device.Claims(address, length))
            {
                return device;
            }
        }

        return null;
    }

    /// <summary>
    /// Sends the console what KVM gathered since. The ring is the whole VM's: when another vCPU is at it already, that one
    /// takes all there is.
    /// </summary>
    public void DrainCoalesced(IVcpu vcpu, ConsoleDevice console)
    {
        if (!_hasCoalescedPorts || vcpu.CoalescedWrites.IsEmpty || Interlocked.Exchange(ref _draining, 1) != 0)
        {
            return;
        }

        Span<byte> data = stackalloc byte[sizeof(ulong)];
        var writes = vcpu.CoalescedWrites;
        while (writes.TryTake(out _, data, out var length))
        {
            console.Write(data[..length]);
        }

        Volatile.Write(ref _draining, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => Dispose(_devices);

    private static void Dispose(IEnumerable<IDevice> devices)
    {
        foreach (var device in devices.OfType<IDisposable>())
        {
            device.Dispose();
        }
    }
}
