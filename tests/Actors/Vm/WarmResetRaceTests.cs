using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>
/// A guest that makes no call may end before its files are open: the gate is still retired then, which VmSlot.TryReset takes for a
/// call that is being served, so a VM that could be used again is thrown away.
/// </summary>
public sealed class WarmResetRaceTests : VmTestKit
{
    [VmFact]
    public void RunScenario_GuestsThatMakeNoCalls_AllButTheFirstStartWarm()
    {
        var result = RunScenario(CreateScenario(), 1, Vms.Real16(Guests.Halt()) with { Start = VmStart.Warm, Instances = 1000 });

        Assert.All(result.Vms, vm => Assert.Equal(VmOutcome.Halted, vm.Outcome));
        Assert.Equal([(result.Vms[0].Id, "no instance had booted when it started")], result.Vms.Where(vm => vm.Start == VmStart.Cold).Select(vm => (vm.Id, vm.ColdReason)));
    }
}
