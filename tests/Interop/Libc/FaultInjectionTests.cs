using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Libc;

[Collection(SerialCollection.Name)]
public sealed class FaultInjectionTests
{
    [Fact]
    public void Arrange_TheSecondCall_FailsAloneAndWithItsErrno()
    {
        using var plan = FaultInjection.Arrange(new FaultPlan { Call = "eventfd", First = 2, Errno = Errno.EMFILE });
        using var first = EventFd.Create();

        var e = Assert.Throws<SystemCallException>(EventFd.Create);

        Assert.Equal(Errno.EMFILE, e.Errno);
        using var third = EventFd.Create();
        Assert.Equal(3, plan.Calls);
    }

    [Fact]
    public void Arrange_OfMmap_IsAnExceptionThatNamesIt()
    {
        using var plan = FaultInjection.Arrange(new FaultPlan { Call = "mmap", Errno = Errno.ENOMEM });

        var e = Assert.Throws<SystemCallException>(() => GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 4096)));

        Assert.Equal(("mmap", Errno.ENOMEM), (e.Operation, e.Errno));
    }

    [KvmFact]
    public void Arrange_OfAnIoctlsRequest_LeavesTheOthersAlone()
    {
        using var device = KvmDevice.Open();
        using var plan = FaultInjection.Arrange(new FaultPlan { Call = "ioctl", Request = KvmApi.KVM_CREATE_VM, Errno = Errno.ENOMEM });

        Assert.True(device.CheckExtension(KvmCapability.CoalescedMmio) >= 0);
        Assert.Equal(Errno.ENOMEM, Assert.Throws<KvmException>(device.CreateVm).Errno);
        device.CreateVm().Dispose();
    }

    [Fact]
    public void Dispose_OfAPlan_EndsIt()
    {
        FaultInjection.Arrange(new FaultPlan { Call = "eventfd", Errno = Errno.EMFILE }).Dispose();

        EventFd.Create().Dispose();
    }

    [Fact]
    public void Parse_ARecord_WritesDownEachPlaceOnce()
    {
        var file = Path.GetTempFileName();
        using (FaultInjection.Arrange(FaultPlan.Parse($"record {file}")!))
        {
            for (var count = 0; count < 3; count++)
            {
                EventFd.Create().Dispose();
            }
        }

        var places = File.ReadAllLines(file);
        Assert.Single(places, place => place.StartsWith("EventFd.Create+", StringComparison.Ordinal) && place.EndsWith("/eventfd:0", StringComparison.Ordinal));
        var closes = Assert.Single(places, place => place.EndsWith("/close:0", StringComparison.Ordinal));

        using var plan = FaultInjection.Arrange(FaultPlan.Parse($"@{places[0]} 1 EMFILE")!);
        Assert.Throws<SystemCallException>(EventFd.Create);
        Assert.StartsWith("FileDescriptor.ReleaseHandle", closes, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Theory]
    [InlineData("")]
    [InlineData("none")]
    [InlineData("true")]
    public void Parse_AnythingElse_IsNoPlan(string text) => Assert.Null(FaultPlan.Parse(text));

    [Theory]
    [InlineData("ioctl:ae80 3 EINTR", "ioctl", 0xAE80, 3, Errno.EINTR)]
    [InlineData("mmap 1 ENOMEM", "mmap", null, 1, Errno.ENOMEM)]
    public void Parse_ACall_SaysWhichAndHow(string text, string call, int? request, int first, Errno errno)
    {
        var plan = FaultPlan.Parse(text)!;

        Assert.Equal((call, (nuint?)request, first, errno), (plan.Call, plan.Request, plan.First, plan.Errno));
    }
}
