using KvmActors.Actors.Specs;
using KvmActors.Interop.Sandbox;

namespace KvmActors.Actors.Services;

/// <summary>
/// What confines the vCPUs' threads, one for each description, so that no such thread ever serves VMs of other mappings. Belongs to
/// the actor that starts them.
/// </summary>
/// <param name="services">What VMs need.</param>
internal sealed class Sandboxes(VmServices services) : IDisposable
{
    private readonly Dictionary<VmSpec, Kind> _kinds = new(ReferenceEqualityComparer.Instance);

    /// <summary>What instances of a description are confined with; prepared by the first VM that asks, on that VM's actor.</summary>
    public Func<ThreadSandbox> Of(VmSpec spec)
    {
        if (!_kinds.TryGetValue(spec, out var kind))
        {
            _kinds.Add(spec, kind = new Kind(services.Sandbox, spec));
        }

        return kind.Get;
    }

    /// <summary>Gives everything back; every VM that used it must be gone.</summary>
    public void Dispose()
    {
        foreach (var kind in _kinds.Values)
        {
            kind.Dispose();
        }

        _kinds.Clear();
    }

    private sealed class Kind(SandboxMode mode, VmSpec spec) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly List<ThreadSandbox> _prepared = [];

        // A mapping that was not there keeps a VM from starting, and may be there for the next one.
        public ThreadSandbox Get()
        {
            lock (_lock)
            {
                if (_prepared is not [.., { IsComplete: true }])
                {
                    _prepared.Add(ThreadSandbox.Prepare(mode, spec.Files.Select(file => file.Sandboxed), resetsVms: spec.Functions is not null));
                }

                return _prepared[^1];
            }
        }

        public void Dispose() => _prepared.ForEach(sandbox => sandbox.Dispose());
    }
}
