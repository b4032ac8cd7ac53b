using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class PollCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public PollCallsTests() => _guest = SyscallGuest.With(_folder, limits: new FileLimits { OpenFiles = 5 });

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Poll_ReadyOrNot_IsSaidAndNothingReadyWaits()
    {
        var (reader, writer) = _guest.Pipe();
        var polled = _guest.Put<(pollfd_t, pollfd_t)>((new() { fd = (int)reader, events = 1 }, new() { fd = 99, events = 1 }));

        Assert.Equal((1L, (short)0x20), (_guest.Call(CallNumber.Poll, polled, 2, 5), _guest.Get<pollfd_t>(polled + 8).revents));
        Assert.Equal(new CallOutcome(0, new VcpuWait(5_000_000)), _guest.Serve(CallNumber.Poll, polled, 1, 5));
        Assert.Equal(new CallOutcome(0, new VcpuWait(-1)), _guest.Serve(CallNumber.Poll, polled, 1, ulong.MaxValue));
        _guest.Call(CallNumber.Write, writer, polled, 1);
        Assert.Equal((new CallOutcome(1), (short)1), (_guest.Serve(CallNumber.Poll, polled, 1, 5), _guest.Get<pollfd_t>(polled).revents));
    }

    [Fact]
    public void Select_Sets_KeepWhatIsReady()
    {
        var (reader, writer) = _guest.Pipe();
        var (read, write) = (_guest.Put(1UL << (int)reader | 1), _guest.Put(1UL << (int)writer));

        Assert.Equal(2, _guest.Call(CallNumber.Select, writer + 1, read, write, 0, 0));
        Assert.Equal((1UL, 1UL << (int)writer), (_guest.Get<ulong>(read), _guest.Get<ulong>(write)));
        var time = _guest.Put(new timeval_t { tv_sec = 1, tv_usec = 5 });
        Assert.Equal(new CallOutcome(0, new VcpuWait(1_000_005_000)), _guest.Serve(CallNumber.Select, 0, 0, 0, 0, time));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.Select, 8, _guest.Put(1UL << 7), 0, 0, time));
    }

    [Theory]
    [InlineData(CallNumber.Poll, Missing, 1, 0, Errno.EFAULT)]
    [InlineData(CallNumber.Poll, Missing, 9, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Poll, Missing, uint.MaxValue, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Ppoll, Missing, 0, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.Select, ulong.MaxValue, 0, 0, Errno.EINVAL)]
    [InlineData(CallNumber.Select, 1, Missing, 0, Errno.EFAULT)]
    public void Call_WhatCannotBe_SaysWhyAndWaitsForNothing(CallNumber id, ulong first, ulong second, ulong third, Errno expected)
    {
        var outcome = _guest.Serve(id, first, second, third);

        Assert.Equal((expected.ToResult(), null), (outcome.Result, outcome.Wait));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1_000_000_000)]
    [InlineData(long.MinValue, long.MinValue)]
    public void Ppoll_TimeThatIsNone_IsEinval(long seconds, long nanoseconds) => Assert.Equal(
        Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Ppoll, 0, 0, _guest.Put(new timespec_t { tv_sec = seconds, tv_nsec = nanoseconds })));

    [Fact]
    public void Ppoll_LongestTime_WaitsAsLongAsCanBe() => Assert.Equal(
        new CallOutcome(0, new VcpuWait(long.MaxValue)),
        _guest.Serve(CallNumber.Ppoll, 0, 0, _guest.Put(new timespec_t { tv_sec = long.MaxValue, tv_nsec = 999_999_999 })));

    [Fact]
    public void Poll_NegativeDescriptor_IsLeftOut()
    {
        var polled = _guest.Put(new pollfd_t { fd = -5, events = 1, revents = 7 });

        Assert.Equal((0L, (short)0), (_guest.Call(CallNumber.Poll, polled, 1, 0), _guest.Get<pollfd_t>(polled).revents));
    }

    [Fact]
    public void Select_OneSetCannotBeWritten_ChangesNone()
    {
        _guest.Map(Missing, 0x30_0000, PageTables.Present | PageTables.User);
        var (reader, _) = _guest.Pipe();
        var read = _guest.Put(1UL << (int)reader);

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Select, reader + 1, read, Missing, 0, 0));
        Assert.Equal(1UL << (int)reader, _guest.Get<ulong>(read));
    }
}
