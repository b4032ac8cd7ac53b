using System.Collections.Concurrent;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Capabilities;

/// <summary>What came of trying an ability.</summary>
/// <param name="Ability">What was tried.</param>
/// <param name="IsPresent">Whether KVM can do it.</param>
/// <param name="Detail">What was seen, in a few words.</param>
public sealed record AbilityFinding(KvmAbility Ability, bool IsPresent, string Detail);

/// <summary>
/// What this machine's KVM can do, found by running a small guest for each question, once, when it is first asked. Safe to
/// share between threads.
/// </summary>
/// <param name="device">The open device.</param>
public sealed class KvmAbilities(KvmDevice device)
{
    private readonly ConcurrentDictionary<KvmAbility, Lazy<AbilityFinding>> _findings = new();

    /// <summary>Whether KVM can do it.</summary>
    public bool Has(KvmAbility ability) => Find(ability).IsPresent;

    /// <summary>Whether KVM can do it, and what was seen.</summary>
    public AbilityFinding Find(KvmAbility ability) =>
        _findings.GetOrAdd(ability, asked => new Lazy<AbilityFinding>(() => Probe(asked))).Value;

    /// <summary>Everything there is to know, in the enum's order.</summary>
    public IReadOnlyList<AbilityFinding> FindAll() => [.. Enum.GetValues<KvmAbility>().Select(Find)];

    private AbilityFinding Probe(KvmAbility ability)
    {
        try
        {
            var answer = AbilityProbes.Run(device, ability);
            return new AbilityFinding(ability, answer.IsPresent, answer.Detail);
        }
        catch (SystemCallException e)
        {
            // KVM does not know the request at all, or not with these arguments.
            return new AbilityFinding(ability, false, e.Message);
        }
    }
}
