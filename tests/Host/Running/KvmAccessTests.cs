using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Capabilities;
using KvmActors.Tests;

namespace KvmActors.Host.Tests.Running;

public sealed class KvmAccessTests : IDisposable
{
    private readonly VmSettings _vm = new();

    public void Dispose() => _vm.Dispose();

    [Theory]
    [InlineData("/dev/does-not-exist", "ENOENT", "modprobe kvm_intel")]
    [InlineData("/dev/does-not-exist", "ENOENT", "docker run --device /dev/kvm")]
    [InlineData("/dev/null", "ENOTTY", "/dev/null is no KVM device this program knows: check the setting Kvm:Device")]
    [InlineData("/dev", "EISDIR", "dmesg")]
    public void Open_NoDevice_SaysWhichWhyAndTheRemedy(string path, string errno, string remedy)
    {
        var message = Assert.Throws<KvmUnavailableException>(() => KvmAccess.Open(path)).Message;

        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains(errno, message, StringComparison.Ordinal);
        Assert.Contains(remedy, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [KvmFact]
    public void Check_WhatKvmGives_IsFine()
    {
        using var device = KvmAccess.Open(KvmDevice.DefaultPath);
        var most = Math.Min(KvmLimits.Of(device).MaxVcpus, 4096);

        KvmAccess.Check(device, Scenario(_vm.Accept(), _vm.Accept("MemoryMiB=128", $"Vcpus={most}")));
    }

    [KvmFact]
    public void Check_MoreVcpusThanKvmGives_NamesTheVmsKey()
    {
        using var device = KvmAccess.Open(KvmDevice.DefaultPath);
        var most = KvmLimits.Of(device).MaxVcpus;
        var machine = _vm.Accept().Machine;

        var error = Refuse(device, machine with { Vcpus = most + 1 });

        Assert.Equal([$"Scenario:Vms:1:Vcpus: {most + 1} is not from 1 to {most}"], error);
    }

    [KvmFact]
    public void Check_MoreRegionsThanKvmGives_NamesTheVmsKey()
    {
        using var device = KvmAccess.Open(KvmDevice.DefaultPath);
        var most = KvmLimits.Of(device).MemorySlots;
        var regions = Enumerable.Range(0, most + 1)
            .Select(index => new RegionSpec(new MemoryRange(new GuestPhysAddr((ulong)index * MemoryRange.PageSize), MemoryRange.PageSize), RegionContent.Nothing));
        var machine = _vm.Accept("Boot=real16").Machine;

        var error = Refuse(device, machine with { Regions = [.. regions] });

        Assert.Equal([$"Scenario:Vms:1:Regions: {most + 1} regions; this machine's KVM takes {most}"], error);
    }

    // The VM before it is one that may run.
    private IReadOnlyList<string> Refuse(KvmDevice device, MachineSpec machine)
    {
        var fine = _vm.Accept();
        return Assert.Throws<ConfigurationException>(() => KvmAccess.Check(device, Scenario(fine, fine with { Plan = BootPlans.For(machine) }))).Problems;
    }

    private static ScenarioSpec Scenario(params VmSpec[] vms) => new("test", 1, vms);
}
