using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Devices;

/// <summary>A port whose writes are counted inside the kernel: the vCPU never leaves the guest for them.</summary>
internal sealed class Doorbell : IDevice, IDisposable
{
    private readonly DoorbellSpec _spec;
    private readonly EventFd _signal;

    private Doorbell(DoorbellSpec spec, EventFd signal)
    {
        _spec = spec;
        _signal = signal;
    }

    /// <summary>Hangs a doorbell on a VM.</summary>
    /// <exception cref="SystemCallException">The host refused it.</exception>
    public static Doorbell Create(DoorbellSpec spec, IVirtualMachine vm)
    {
        var signal = EventFd.Create();
        try
        {
            vm.AddDoorbell(spec.Port, spec.Size, signal);
            return new Doorbell(spec, signal);
        }
        catch
        {
            signal.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public DeviceReport Report => new("Doorbell", _spec.Port, (long)_signal.Take(), []);

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();
}
