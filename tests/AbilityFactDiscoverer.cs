using KvmActors.Interop.Kvm;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests;

/// <summary>
/// Finds tests that exist only where this machine's KVM has the ability that their attribute's first argument names. Of the abilities
/// that KVM_ABILITIES_REQUIRED names, with commas between them, the tests exist in any case, and fail where the ability is missing:
/// tests/nested/run names all those it must have, so that there is a place where no test can be passed over.
/// </summary>
public sealed class AbilityFactDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        Exists((KvmAbility)factAttribute.GetConstructorArguments().Single())
            ? [new XunitTestCase(diagnostics, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)]
            : [];

    private static bool Exists(KvmAbility ability)
    {
        var required = Environment.GetEnvironmentVariable("KVM_ABILITIES_REQUIRED") ?? "";
        if (required.Split(',').Contains(ability.ToString()))
        {
            return true;
        }

        try
        {
            return TestMachine.Abilities.Has(ability);
        }
        catch (KvmException)
        {
            // Without KVM there is no ability; the other tests say what is wrong.
            return false;
        }
    }
}
