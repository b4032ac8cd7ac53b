using KvmActors.Interop.Kvm;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Capabilities;

public class KvmAbilitiesTests
{
    [KvmFact]
    public void FindAll_EveryAbility_IsTriedOnceInTheEnumsOrder()
    {
        var abilities = new KvmAbilities(TestMachine.Device);

        var findings = abilities.FindAll();

        Assert.Equal(Enum.GetValues<KvmAbility>(), findings.Select(finding => finding.Ability));
        Assert.All(findings, finding => Assert.NotEqual("", finding.Detail));
        Assert.All(findings, finding => Assert.Same(finding, abilities.Find(finding.Ability)));
        Assert.All(findings, finding => Assert.Equal(finding.IsPresent, abilities.Has(finding.Ability)));
    }

    [KvmFact]
    public void Find_SyncRegisters_AgreesWithTheCapability()
    {
        var finding = TestMachine.Abilities.Find(KvmAbility.SyncRegisters);

        Assert.Equal(TestMachine.Device.CheckExtension(KvmCapability.SyncRegisters) > 0, finding.IsPresent);
    }

    [KvmFact]
    public void Find_NoSuchAbility_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvmAbilities(TestMachine.Device).Find((KvmAbility)1000));
}
