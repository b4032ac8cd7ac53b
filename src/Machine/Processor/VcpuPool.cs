namespace KvmActors.Machine.Processor;

/// <summary>The vCPUs of one VM by their numbers, for those that have something to say to one another. Safe from any thread.</summary>
public sealed class VcpuPool
{
    private readonly Lock _gate = new();
    private IVcpu?[] _vcpus = new IVcpu?[1];

    /// <summary>Adds a vCPU, or another one of that number.</summary>
    public void Add(IVcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        lock (_gate)
        {
            if (vcpu.Index >= _vcpus.Length)
            {
                Array.Resize(ref _vcpus, Math.Max(vcpu.Index + 1, _vcpus.Length * 2));
            }

            _vcpus[vcpu.Index] = vcpu;
        }
    }

    /// <summary>Ends a vCPU's wait, or its next one at once: <see cref="IVcpu.Wake"/>. Nothing where there is no such vCPU.</summary>
    public void Wake(int vcpu) => Find(vcpu)?.Wake();

    /// <summary>The vCPU of a number; null when there is none.</summary>
    public IVcpu? Find(int vcpu)
    {
        lock (_gate)
        {
            return (uint)vcpu < (uint)_vcpus.Length ? _vcpus[vcpu] : null;
        }
    }
}
