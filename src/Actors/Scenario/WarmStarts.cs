using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// What the VMs of a scenario start from, and which of them waits for whose boot: the first instance of each kind goes ahead, the
/// others start behind it. Belongs to the <see cref="ScenarioActor"/>.
/// </summary>
/// <param name="services">What VMs need.</param>
/// <param name="captured">Called on a vCPU's thread when a kind's kernel has booted.</param>
internal sealed class WarmStarts(VmServices services, Action<VmSpec> captured) : IDisposable
{
    private readonly Dictionary<VmSpec, VmTemplates> _templates = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<VmSpec> _pioneered = new(ReferenceEqualityComparer.Instance);
    private VmSpec? _booting;

    /// <summary>Whether instances of this kind should wait for the first one's boot.</summary>
    public bool MustWait(VmSpec spec) => ReferenceEquals(spec, _booting);

    /// <summary>What instances of this kind start from; null when each starts cold.</summary>
    public VmTemplates? TemplatesOf(VmSpec spec)
    {
        if (!VmTemplates.ArePossible(spec, services))
        {
            return null;
        }

        if (!_templates.TryGetValue(spec, out var templates))
        {
            _templates.Add(spec, templates = new VmTemplates(spec) { Captured = () => captured(spec) });
        }

        return templates;
    }

    /// <summary>Takes note that an instance has started.</summary>
    /// <returns>True when the others have to wait for it now.</returns>
    public bool GoesAhead(VmSpec spec)
    {
        var goesAhead = spec.Instances > 1 && TemplatesOf(spec) is { AreExpected: true } && _pioneered.Add(spec);
        if (goesAhead)
        {
            _booting = spec;
        }

        return goesAhead;
    }

    /// <summary>Lets the others start.</summary>
    /// <returns>True when they had to wait until now.</returns>
    public bool Release(VmSpec spec)
    {
        var waited = MustWait(spec);
        _booting = waited ? null : _booting;
        return waited;
    }

    /// <summary>Gives everything back; every VM that started from it must be gone.</summary>
    public void Dispose()
    {
        foreach (var templates in _templates.Values)
        {
            templates.Dispose();
        }

        _templates.Clear();
        _pioneered.Clear();
        _booting = null;
    }
}
