using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vm;

/// <summary>Tells all vCPUs of a VM to stop, from any thread: those in KVM_RUN are kicked, those not yet there never enter.</summary>
internal sealed class VmStopSignal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<KvmVcpu> _vcpus = [];
    private readonly CancellationTokenSource _cancellation = new();
    private volatile bool _requested;

    /// <summary>Whether the vCPUs have to stop.</summary>
    public bool IsRequested => _requested;

    /// <summary>Cancelled by <see cref="Request"/>, for waits outside KVM_RUN.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Adds a vCPU that is to be kicked.</summary>
    public void Attach(KvmVcpu vcpu)
    {
        lock (_gate)
        {
            _vcpus.Add(vcpu);
        }
    }

    /// <summary>Stops all vCPUs; more than once does no harm.</summary>
    public void Request()
    {
        lock (_gate)
        {
            // Before the kicks: a vCPU reads it after it has noticed one.
            _requested = true;
            foreach (var vcpu in _vcpus)
            {
                vcpu.Kick();
            }
        }

        _cancellation.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();
}
