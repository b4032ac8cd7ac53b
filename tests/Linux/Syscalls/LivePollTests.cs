using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>poll and select on the process's own standard input, which these tests bring themselves.</summary>
[Collection(SerialCollection.Name)]
public sealed class LivePollTests : IDisposable
{
    private const short In = 1;

    private readonly StandardInput _input = new();
    private readonly SyscallGuest _guest = new([], hasLiveInput: true);

    public void Dispose()
    {
        _guest.Dispose();
        _input.Dispose();
    }

    [Fact]
    public void Poll_NothingThere_WaitsForInputAndIsMadeAgain()
    {
        var polled = _guest.Put(new pollfd_t { fd = 0, events = In });

        Assert.Equal(new CallOutcome(0, new VcpuWait(-1, ForInput: true), IsRetried: true), _guest.Serve(CallNumber.Poll, polled, 1, ulong.MaxValue));
        Assert.Equal(new CallOutcome(0, new VcpuWait(5_000_000, ForInput: true), IsRetried: true), _guest.Serve(CallNumber.Poll, polled, 1, 5));
        Assert.Equal(new CallOutcome(0), _guest.Serve(CallNumber.Poll, polled, 1, 0));

        _input.Write("x");
        Assert.Equal((new CallOutcome(1), In), (_guest.Serve(CallNumber.Poll, polled, 1, ulong.MaxValue), _guest.Get<pollfd_t>(polled).revents));
    }

    [Fact]
    public void Poll_MadeAgain_HasOnlyTheRestOfItsTime()
    {
        var polled = _guest.Put(new pollfd_t { fd = 0, events = In, revents = 7 });
        var call = new GuestCall(CallNumber.Poll, AddressSpace.User(SyscallGuest.Cr3), polled, 1, 5) { Waited = 3_000_000 };

        Assert.Equal(new CallOutcome(0, new VcpuWait(2_000_000, ForInput: true), IsRetried: true), _guest.Service.Serve(call));
        Assert.Equal(7, _guest.Get<pollfd_t>(polled).revents);
        Assert.Equal(new CallOutcome(0), _guest.Service.Serve(call with { Waited = 5_000_001 }));
        Assert.Equal(0, _guest.Get<pollfd_t>(polled).revents);
    }

    [Fact]
    public void Poll_OfSomethingElse_WaitsForNoInput()
    {
        var polled = _guest.Put(new pollfd_t { fd = 0, events = 0 });

        Assert.Equal(new CallOutcome(0, new VcpuWait(5_000_000), IsRetried: true), _guest.Serve(CallNumber.Poll, polled, 1, 5));
    }

    [Fact]
    public void Select_NothingThere_LeavesItsSetsForTheNextTry()
    {
        var (read, time) = (_guest.Put(1UL), _guest.Put(new timeval_t { tv_usec = 7 }));

        Assert.Equal(new CallOutcome(0, new VcpuWait(7_000, ForInput: true), IsRetried: true), _guest.Serve(CallNumber.Select, 1, read, 0, 0, time));
        Assert.Equal(1UL, _guest.Get<ulong>(read));

        var last = new GuestCall(CallNumber.Select, AddressSpace.User(SyscallGuest.Cr3), 1, read, 0, 0, time) { Waited = 7_000 };
        Assert.Equal(new CallOutcome(0), _guest.Service.Serve(last));
        Assert.Equal(0UL, _guest.Get<ulong>(read));
    }

    [Fact]
    public void GetAvailable_OfInput_CountsIt()
    {
        _input.Write("abc");
        var count = _guest.Put(0);

        Assert.Equal(0, _guest.Call(CallNumber.Ioctl, 0, 0x541B, count));
        Assert.Equal(3, _guest.Get<int>(count));
    }
}
