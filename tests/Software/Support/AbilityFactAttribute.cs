using KvmActors.Machine.Capabilities;
using Xunit.Sdk;

namespace KvmActors.Software.Tests.Support;

/// <summary>A test that exists only where this machine's KVM has an ability, or must have it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("KvmActors.Tests.AbilityFactDiscoverer", "KvmActors.Software.Tests")]
internal sealed class AbilityFactAttribute(KvmAbility ability) : FactAttribute
{
    /// <summary>What it needs.</summary>
    public KvmAbility Ability { get; } = ability;
}
