using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class KvmDeviceTests
{
    [Fact]
    public void Open_MissingPath_NamesOpenThePathAndEnoent()
    {
        var error = Assert.Throws<KvmException>(() => KvmDevice.Open("/nowhere/kvm"));

        Assert.Equal(("open", Errno.ENOENT), (error.Operation, error.Errno));
        Assert.Equal("open failed on /nowhere/kvm: ENOENT (No such file or directory)", error.Message);
    }

    [Fact]
    public void Open_FileThatIsNoKvmDevice_NamesTheIoctlThePathAndEnotty()
    {
        var error = Assert.Throws<KvmException>(() => KvmDevice.Open("/dev/null"));

        Assert.Equal(("KVM_GET_API_VERSION", Errno.ENOTTY), (error.Operation, error.Errno));
        Assert.StartsWith("KVM_GET_API_VERSION failed on /dev/null: ENOTTY (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Directory_IsRefused()
    {
        using var folder = new TempFolder();

        Assert.Equal(Errno.EISDIR, Assert.Throws<KvmException>(() => KvmDevice.Open(folder.Root)).Errno);
    }

    [KvmFact]
    public void CheckExtension_UserMemory_IsThere()
    {
        using var device = KvmDevice.Open();

        Assert.True(device.CheckExtension(KvmCapability.UserMemory) > 0);
        Assert.True(device.CheckExtension(KvmCapability.ExtendedCpuid) > 0);
        Assert.True(device.CheckExtension(KvmCapability.ImmediateExit) > 0);
    }

    [KvmFact]
    public void CheckExtension_UnknownNumber_IsZero()
    {
        using var device = KvmDevice.Open();

        Assert.Equal(0, device.CheckExtension((KvmCapability)100_000));
    }

    [KvmFact]
    public void MaxVcpus_IsWhatTheCapabilitySays()
    {
        using var device = KvmDevice.Open();

        Assert.InRange(device.MaxVcpus, 1, 1_000_000);
        Assert.Equal(device.CheckExtension(KvmCapability.MaxVcpus), device.MaxVcpus);
    }

    [KvmFact]
    public void SupportedCpuid_AskedTwice_IsTheSameTable()
    {
        using var device = KvmDevice.Open();

        Assert.Same(device.SupportedCpuid, device.SupportedCpuid);
    }

    [KvmFact]
    public void SupportedCpuid_HasTheBasicLeaves()
    {
        using var device = KvmDevice.Open();
        var functions = device.SupportedCpuid.Entries.ToArray().Select(entry => entry.function).ToHashSet();

        Assert.Superset(new HashSet<uint> { 0, 1, 0x8000_0000, 0x8000_0001 }, functions);
    }

    [KvmFact]
    public void Dispose_Twice_DoesNoHarm()
    {
        var device = KvmDevice.Open();

        device.Dispose();
        device.Dispose();
    }

    [KvmFact]
    public void Dispose_WhileAVmLives_LeavesTheVmAlone()
    {
        using var vm = new RealModeVm(new Code16().Hlt());

        vm.Device.Dispose();

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }
}
