using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class SchedulingCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000;

    private readonly SyscallGuest _guest = new([]);

    public void Dispose() => _guest.Dispose();

    [Fact]
    public void Setpriority_Nice_OnlyGrows()
    {
        Assert.Equal(20, Call("getpriority", 0, 0));
        Assert.Equal((0L, 15L), (Call("setpriority", 0, 0, 5), Call("getpriority", 1, 1)));
        Assert.Equal((Errno.EACCES.ToResult(), 15L), (Call("setpriority", 2, 0, 4), Call("getpriority", 2, 0)));
        Assert.Equal((0L, 1L), (Call("setpriority", 0, 1, 1000), Call("getpriority", 0, 0)));
    }

    [Theory]
    [InlineData("getpriority", 3, 0, Errno.EINVAL)]
    [InlineData("getpriority", 0, 77, Errno.ESRCH)]
    [InlineData("setpriority", 2, 1000, Errno.ESRCH)]
    [InlineData("sched_getscheduler", ulong.MaxValue, 0, Errno.EINVAL)]
    [InlineData("sched_getscheduler", 77, 0, Errno.ESRCH)]
    [InlineData("sched_getparam", 0, 0, Errno.EINVAL)]
    [InlineData("sched_getparam", 0, Missing, Errno.EFAULT)]
    [InlineData("sched_setparam", 0, Missing, Errno.EFAULT)]
    [InlineData("sched_rr_get_interval", 77, SyscallGuest.User, Errno.ESRCH)]
    [InlineData("sched_rr_get_interval", 0, Missing, Errno.EFAULT)]
    public void Call_ArgumentThatIsNone_SaysWhy(string name, ulong first, ulong second, Errno expected) =>
        Assert.Equal(expected.ToResult(), Call(name, first, second));

    [Theory]
    [InlineData(3, 0, Errno.None)]
    [InlineData(5, 0, Errno.None)]
    [InlineData(0x4000_0000, 0, Errno.None)]
    [InlineData(0, 1, Errno.EINVAL)]
    [InlineData(1, 1, Errno.EPERM)]
    [InlineData(2, 99, Errno.EPERM)]
    [InlineData(1, 0, Errno.EINVAL)]
    [InlineData(1, 100, Errno.EINVAL)]
    [InlineData(4, 0, Errno.EINVAL)]
    [InlineData(6, 0, Errno.EINVAL)]
    [InlineData(-1, 0, Errno.EINVAL)]
    public void SchedSetscheduler_Policy_IsKeptOrRefused(int policy, int priority, Errno expected)
    {
        Assert.Equal(expected.ToResult(), Call("sched_setscheduler", 0, (ulong)policy, _guest.Put(priority)));
        Assert.Equal(expected == Errno.None ? policy : 0, Call("sched_getscheduler", 0));
        Assert.Equal(0, Call("sched_setparam", 0, _guest.Put(0)));
        Assert.Equal(expected == Errno.None ? policy : 0, Call("sched_getscheduler", 1));
    }

    [Fact]
    public void SchedGetPriority_AnyPolicy_IsAsTheKernelHasIt()
    {
        for (var policy = -1; policy < 9; policy++)
        {
            foreach (var name in (string[])["sched_get_priority_max", "sched_get_priority_min"])
            {
                // 7 is SCHED_EXT of newer kernels.
                Assert.True(policy == 7 || NativeCalls.Call(SyscallNames.NumberOf(name), policy) == Call(name, (ulong)policy), $"{name} {policy}");
            }
        }
    }

    [Fact]
    public void SchedRrGetInterval_IsMoreThanNothing()
    {
        var interval = _guest.Room(16);

        Assert.Equal(0, Call("sched_rr_get_interval", 0, interval));
        Assert.InRange(_guest.Get<timespec_t>(interval).tv_nsec, 1, 999_999_999);
    }

    [Fact]
    public void Getitimer_IsUnset()
    {
        var timer = _guest.Put(Enumerable.Repeat((byte)1, 32).ToArray());

        Assert.Equal((0L, 0), (Call("getitimer", 0, timer), _guest.Bytes(timer, 32).ToArray().Sum(value => value)));
        Assert.Equal(Errno.EINVAL.ToResult(), Call("getitimer", 3, timer));
        Assert.Equal(Errno.EFAULT.ToResult(), Call("getitimer", 0, Missing));
    }

    private long Call(string name, params ReadOnlySpan<ulong> arguments) => _guest.Call((CallNumber)SyscallNames.NumberOf(name), arguments);
}
