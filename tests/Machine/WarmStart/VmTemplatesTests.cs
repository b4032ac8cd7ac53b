using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.WarmStart;

public class VmTemplatesTests
{
    private static readonly MemoryRange Random = new(new GuestPhysAddr(0x2000), 16);

    [Fact]
    public void Current_NobodyHasBooted_IsOneTemplateFromBeforeBoot()
    {
        using var templates = new VmTemplates(BootPlans.For(Machines.Blank(BootProtocol.Real16, Machines.MiB)));

        var current = templates.Current;

        Assert.NotNull(current);
        Assert.False(current.IsBooted);
        Assert.Same(current, templates.Current);
        Assert.Null(templates.Problem);
    }

    [Fact]
    public void Current_MemoryThatCannotBeHad_IsNullAndSaysWhy()
    {
        // More than any address space.
        using var templates = new VmTemplates(BootPlans.For(Machines.Blank(BootProtocol.Real16, 1UL << 60)));
        Assert.Null(templates.Problem);

        Assert.Null(templates.Current);
        Assert.Null(templates.Current);

        Assert.StartsWith("no template could be made: ", templates.Problem, StringComparison.Ordinal);
    }

    [VmFact]
    public void TryCapture_FirstVmThatHasBooted_IsWhatOthersStartFrom()
    {
        var captured = 0;
        using var templates = new VmTemplates(Plan()) { Captured = () => captured++ };
        var before = templates.Current!;

        Capture(templates);
        var booted = templates.Current!;
        Capture(templates);

        Assert.NotSame(before, booted);
        Assert.True(booted.IsBooted);
        Assert.Same(booted, templates.Current);
        Assert.Equal(1, captured);
    }

    [VmFact]
    public void TryCapture_SeveralVcpus_KeepsNothing()
    {
        using var templates = new VmTemplates(Plan(vcpus: 2)) { Captured = () => Assert.Fail("captured") };

        Capture(templates);

        Assert.False(templates.Current!.IsBooted);
    }

    // Its memory did not come from a template, so what was changed of it is not known.
    [VmFact]
    public void TryCapture_VmThatStartedCold_KeepsNothing()
    {
        using var templates = new VmTemplates(Plan()) { Captured = () => Assert.Fail("captured") };
        using var vm = new BootedVm(Plan().Spec);
        Assert.Equal(VcpuExitReason.Io, vm.Vcpus[0].Run().Reason);

        templates.TryCapture(vm.Vcpus[0], vm.Memory, Random);

        Assert.False(templates.Current!.IsBooted);
    }

    [VmTheory]
    [InlineData(BootProtocol.Elf64, 1, true, true)]
    [InlineData(BootProtocol.Elf64, 2, true, false)]
    [InlineData(BootProtocol.Elf64, 1, false, false)]
    [InlineData(BootProtocol.Long64, 1, true, false)]
    public void AreExpected_UntilAKernelWithAProgramHasBooted(BootProtocol boot, int vcpus, bool hasProgram, bool expected)
    {
        var code = new Code64().Out(0x500, 0).Hlt();
        var plan = BootPlans.For(Machines.Long64(code) with { Boot = boot, Vcpus = vcpus, Args = hasProgram ? ["/bin/program"] : [] });
        using var templates = new VmTemplates(plan);
        Assert.Equal(expected, templates.AreExpected);

        Capture(templates);

        Assert.False(templates.AreExpected);
    }

    private static IBootPlan Plan(int vcpus = 1) =>
        BootPlans.For(Machines.Real16(new Code16().MovDx(0x500).OutDx(1).Hlt()) with { Vcpus = vcpus });

    // Runs a VM to its port, where it says that it has booted.
    private static void Capture(VmTemplates templates)
    {
        using var vm = templates.Current!.CreateVm(TestMachine.Hypervisor);
        using var vcpu = templates.Current.CreateVcpu(vm, 0);
        _ = vcpu.Run();
        templates.TryCapture(vcpu, vm.Memory, Random);
    }
}
