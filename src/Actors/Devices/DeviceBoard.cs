using KvmActors.Actors.Output;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Devices;

/// <summary>All devices of one VM.</summary>
internal sealed class DeviceBoard : IDisposable
{
    private readonly List<IDevice> _devices = [];
    private readonly IPortDevice[] _ports;
    private readonly IMmioDevice[] _memory;
    private readonly bool _hasCoalescedPorts;
    private int _draining;

    /// <summary>Makes the devices. Call before the VM has vCPUs.</summary>
    /// <exception cref="KvmException">KVM refused one.</exception>
    public DeviceBoard(IEnumerable<DeviceSpec> specs, GuestInput input, KvmVm vm)
    {
        try
        {
            foreach (var spec in specs)
            {
                switch (spec)
                {
                    case SerialDeviceSpec serial:
                        _devices.Add(new SerialDevice(serial, input));
                        break;
                    case RegisterBankSpec bank:
                        _devices.Add(new RegisterBank(bank));
                        break;
                    case DoorbellSpec doorbell:
                        _devices.Add(new Doorbell(doorbell, vm));
                        break;
                    case DebugExitSpec exit:
                        _devices.Add(new DebugExit(exit));
                        break;
                    case ConsoleDeviceSpec { IsCoalesced: true } console:
                        _hasCoalescedPorts |= vm.TryCoalesce(console.Port);
                        break;
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        _ports = [.. _devices.OfType<IPortDevice>()];
        _memory = [.. _devices.OfType<IMmioDevice>()];
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
    public void DrainCoalesced(KvmVcpu vcpu, ConsoleDevice console)
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
    public void Dispose()
    {
        foreach (var device in _devices.OfType<IDisposable>())
        {
            device.Dispose();
        }
    }
}
