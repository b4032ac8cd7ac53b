using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Scenario;

/// <summary>
/// What the VMs of a scenario start from, and which of them waits for whose boot: the first instance of each kind goes ahead, the
/// others start behind it. Belongs to the <see cref="ScenarioActor"/>.
/// </summary>
/// <param name="services">What VMs need.</param>
/// <param name="captured">Called on a vCPU's thread when a kind's kernel has booted.</param>
internal sealed class WarmStarts(VmServices services, Action<VmSpec> captured) : IDisposable
{
    private readonly Dictionary<VmSpec, Kind> _kinds = new(ReferenceEqualityComparer.Instance);
    private VmSpec? _booting;

    /// <summary>Whether instances of this kind should wait for the first one's boot.</summary>
    public bool MustWait(VmSpec spec) => ReferenceEquals(spec, _booting);

    /// <summary>What instances of this kind start from; null when each starts cold.</summary>
    public VmTemplates? TemplatesOf(VmSpec spec) => KindOf(spec).Templates;

    /// <summary>Why an instance of this kind starts cold, if its VM does not know better; null when there is no reason.</summary>
    public string? ColdReasonOf(VmSpec spec) => KindOf(spec).ColdReason;

    /// <summary>Takes note that an instance starts.</summary>
    /// <returns>True when it goes ahead, and the others wait for its boot.</returns>
    public bool IsFirst(VmSpec spec)
    {
        var kind = KindOf(spec);
        var isFirst = spec.Instances > 1 && kind is { HasStarted: false, Templates.AreExpected: true };
        kind.HasStarted = true;
        if (isFirst)
        {
            _booting = spec;
        }

        return isFirst;
    }

    /// <summary>Takes note that a VM of this kind could not be reset, which is why the next one may start cold.</summary>
    public void ResetFailed(VmSpec spec, string problem) => KindOf(spec).ColdReason = $"the VM before it could not be reset: {problem}";

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
        foreach (var kind in _kinds.Values)
        {
            kind.Templates?.Dispose();
        }

        _kinds.Clear();
        _booting = null;
    }

    private Kind KindOf(VmSpec spec)
    {
        if (!_kinds.TryGetValue(spec, out var kind))
        {
            var decision = WarmStartDecision.For(spec.Machine, new WarmStartWishes(spec.Start, spec.InheritsInput, services.IsObserved));
            _kinds.Add(spec, kind = new Kind
            {
                ColdReason = decision.IsWarm ? null : spec.ColdReason ?? decision.ColdReason,
                Templates = decision.IsWarm ? new VmTemplates(spec.Plan) { Captured = () => captured(spec) } : null,
            });
        }

        return kind;
    }

    private sealed class Kind
    {
        public VmTemplates? Templates { get; init; }

        public string? ColdReason { get; set; }

        public bool HasStarted { get; set; }
    }
}
