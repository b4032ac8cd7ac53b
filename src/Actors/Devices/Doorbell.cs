using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Devices;

/// <summary>A port whose writes are counted inside the kernel: the vCPU never leaves the guest for them.</summary>
internal sealed class Doorbell : IDevice, IDisposable
{
    private readonly DoorbellSpec _spec;
    private readonly EventFd _signal = new();

    /// <summary>Hangs the doorbell on a VM.</summary>
    /// <exception cref="KvmException">KVM refused it.</exception>
    public Doorbell(DoorbellSpec spec, KvmVm vm)
    {
        _spec = spec;
        try
        {
            vm.AddDoorbell(spec.Port, spec.Size, _signal);
        }
        catch
        {
            _signal.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public DeviceReport Report => new("Doorbell", _spec.Port, (long)_signal.Take(), []);

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();
}
