using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.WarmStart;

public class VmTemplateTests
{
    private const ulong Result = 0x800, Seed = 0x2000;

    // Counts in memory how often it ran, says so at a port, and goes on to its end.
    private static readonly IBootPlan Plan = BootPlans.For(Machines.Real16(
        new Code16().IncDword((ushort)Result).MovDx(0x500).OutDx(1).IncDword((ushort)Result).Hlt()));

    private static IHypervisor Hypervisor => TestMachine.Hypervisor;

    [VmFact]
    public void CreateVm_BeforeBoot_RunsAsAColdOne()
    {
        using var template = VmTemplate.BeforeBoot(Plan);
        using var vm = template.CreateVm(Hypervisor);
        using var vcpu = template.CreateVcpu(vm, 0);

        RunToHlt(vcpu);

        Assert.False(template.IsBooted);
        Assert.Equal(2U, Read(vm));
    }

    [VmFact]
    public void CreateVm_SeveralFromOneTemplate_ShareNothingTheyWrite()
    {
        using var template = VmTemplate.BeforeBoot(Plan);
        using var first = template.CreateVm(Hypervisor);
        using var second = template.CreateVm(Hypervisor);
        using (var vcpu = template.CreateVcpu(first, 0))
        {
            RunToHlt(vcpu);
        }

        // This one is restored from the first one's snapshot, taken before it ran.
        using (var vcpu = template.CreateVcpu(second, 0))
        {
            RunToHlt(vcpu);
        }

        Assert.Equal((2U, 2U), (Read(first), Read(second)));
    }

    [VmFact]
    public void CreateVm_Steps_AreTold()
    {
        var steps = new List<string>();
        using var template = VmTemplate.BeforeBoot(Plan);

        template.CreateVm(Hypervisor, steps.Add).Dispose();

        Assert.Equal(["created", "memory mapped copy-on-write"], steps);
    }

    [VmFact]
    public void Reset_UsedVm_RunsAgainAsIfNew()
    {
        using var template = VmTemplate.BeforeBoot(Plan);
        using var vm = template.CreateVm(Hypervisor);
        using var vcpu = template.CreateVcpu(vm, 0);
        RunToHlt(vcpu);

        Assert.True(template.TryReset(vcpu));
        template.Reset(vm);
        Assert.Equal(0U, Read(vm));

        RunToHlt(vcpu);
        Assert.Equal(2U, Read(vm));
    }

    [VmFact]
    public void TryReset_VcpuOfWhichThereIsNoSnapshot_IsRefused()
    {
        using var template = VmTemplate.BeforeBoot(Plan);
        using var vm = template.CreateVm(Hypervisor);
        using var vcpu = vm.CreateVcpu(0);

        Assert.False(template.TryReset(vcpu));
    }

    [VmFact]
    public void Booted_VmAtAnExit_OthersGoOnFromThere()
    {
        using var origin = VmTemplate.BeforeBoot(Plan);
        using var booted = Boot(origin, new MemoryRange(new GuestPhysAddr(Seed), 16), out var left);
        using var vm = booted.CreateVm(Hypervisor);
        using var vcpu = booted.CreateVcpu(vm, 0);
        Assert.Equal(1U, Read(vm));

        // Not the `out` again: that has been done.
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);

        Assert.True(booted.IsBooted);
        Assert.Equal((2U, 1U), (Read(vm), left));
    }

    [VmFact]
    public void Booted_RandomBytes_AreOthersInEveryVmAndAfterEveryReset()
    {
        using var origin = VmTemplate.BeforeBoot(Plan);
        using var booted = Boot(origin, new MemoryRange(new GuestPhysAddr(Seed), 16), out _);
        using var first = booted.CreateVm(Hypervisor);
        using var second = booted.CreateVm(Hypervisor);
        var seeds = new List<UInt128> { ReadSeed(first), ReadSeed(second) };

        booted.Reset(first);
        seeds.Add(ReadSeed(first));

        Assert.Equal(3, seeds.Distinct().Count());
        Assert.DoesNotContain(UInt128.Zero, seeds);
    }

    [VmFact]
    public void Reset_VmOfTheTemplateBefore_StartsFromTheNewOne()
    {
        using var origin = VmTemplate.BeforeBoot(Plan);
        using var vm = origin.CreateVm(Hypervisor);
        using var vcpu = origin.CreateVcpu(vm, 0);
        RunToHlt(vcpu);
        using var booted = Boot(origin, new MemoryRange(new GuestPhysAddr(Seed), 16), out _);

        Assert.True(booted.TryReset(vcpu));
        booted.Reset(vm);

        Assert.Equal(1U, Read(vm));
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        Assert.Equal(2U, Read(vm));
    }

    // Runs to the port and keeps that moment.
    private static VmTemplate Boot(VmTemplate origin, MemoryRange random, out uint count)
    {
        using var vm = origin.CreateVm(Hypervisor);
        using var vcpu = origin.CreateVcpu(vm, 0);
        Assert.Equal(VcpuExitReason.Io, vcpu.Run().Reason);
        count = Read(vm);
        return VmTemplate.Booted(Plan, vcpu, vm.Memory, random);
    }

    private static void RunToHlt(IVcpu vcpu)
    {
        Assert.Equal(VcpuExitReason.Io, vcpu.Run().Reason);
        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
    }

    private static uint Read(VirtualMachine vm)
    {
        Assert.True(vm.Memory.TryRead(new GuestPhysAddr(Result), out uint value));
        return value;
    }

    private static UInt128 ReadSeed(VirtualMachine vm)
    {
        Assert.True(vm.Memory.TryRead(new GuestPhysAddr(Seed), out UInt128 value));
        return value;
    }
}
