using KvmActors.Host.Doctor;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Tests.Doctor;

public sealed class DoctorVerdictTests
{
    private static readonly SandboxSupport Everything = new(LandlockAbi: 7, Seccomp: true, MountProblem: null);

    [Fact]
    public void Of_EverythingThere_SaysSo() =>
        Assert.Equal("This machine runs everything.", DoctorVerdict.Of(Findings(Everything, [.. Enum.GetValues<KvmAbility>().Select(ability => (ability, true))])));

    [Fact]
    public void Of_OneThingMissing_NamesIt() => Assert.Equal(
        "This machine runs everything but scenarios with a doorbell.", DoctorVerdict.Of(Findings(Everything, (KvmAbility.IoEventFd, false))));

    [Fact]
    public void Of_SeveralMissing_NamesAll() => Assert.Equal(
        "This machine runs everything but guest kernels that use SSE, --step in ring 3 and confinement by Landlock and seccomp.",
        DoctorVerdict.Of(Findings(
            new SandboxSupport(LandlockAbi: 0, Seccomp: false, MountProblem: null), (KvmAbility.Ring0Sse, false), (KvmAbility.Ring3SingleStep, false))));

    [Fact]
    public void Of_OnlySlower_RunsEverything() => Assert.Equal(
        "This machine runs everything.", DoctorVerdict.Of(Findings(Everything, (KvmAbility.SyncRegisters, false), (KvmAbility.StringIoBatching, false))));

    [Fact]
    public void Of_NoKvm_RunsInSoftware() => Assert.Equal(
        "This machine runs guests in software alone: KVM cannot be used.", DoctorVerdict.Of(Findings(Everything) with { Problem = "open: ENOENT" }));

    private static DoctorFindings Findings(SandboxSupport sandbox, params (KvmAbility Ability, bool IsPresent)[] abilities) => new(
        "/dev/kvm", null, SampleResults.Facts.Machine, null, [.. abilities.Select(ability => new AbilityFinding(ability.Ability, ability.IsPresent, ""))])
    {
        Sandbox = sandbox,
    };
}
