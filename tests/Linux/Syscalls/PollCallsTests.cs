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
        Assert.Equal(new CallOutcome(0, new VcpuWait(5_000_000), IsRetried: true), _guest.Serve(CallNumber.Poll, polled, 1, 5));
        Assert.Equal(new CallOutcome(0, new VcpuWait(-1), IsRetried: true), _guest.Serve(CallNumber.Poll, polled, 1, ulong.MaxValue));
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
        Assert.Equal(new CallOutcome(0, new VcpuWait(1_000_005_000), IsRetried: true), _guest.Serve(CallNumber.Select, 0, 0, 0, 0, time));
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
        new CallOutcome(0, new VcpuWait(long.MaxValue), IsRetried: true),
        _guest.Serve(CallNumber.Ppoll, 0, 0, _guest.Put(new timespec_t { tv_sec = long.MaxValue, tv_nsec = 999_999_999 })));

    [Fact]
    public void Poll_WrittenMeanwhile_IsWokenAndSaysSo()
    {
        var (reader, writer) = _guest.Pipe();
        var polled = _guest.Put(new pollfd_t { fd = (int)reader, events = 0x41 });
        var thread = _guest.Thread(2).Call(CallNumber.Poll, polled, 1, 1000);

        _guest.Call(CallNumber.Write, writer, polled, 1);

        Assert.True(thread.IsWoken);
        Assert.Equal((1L, (short)0x41), (thread.Again(5).Result, _guest.Get<pollfd_t>(polled).revents));
        Assert.False(thread.IsWaiting);
    }

    [Fact]
    public void Poll_EndsOfPipesGone_AreToldWithoutBeingAskedFor()
    {
        var (reader, writer) = _guest.Pipe();
        var (otherReader, otherWriter) = _guest.Pipe();
        var polled = _guest.Put<(pollfd_t, pollfd_t)>((new() { fd = (int)reader }, new() { fd = (int)otherWriter }));
        var thread = _guest.Thread(2).Call(CallNumber.Poll, polled, 2, ulong.MaxValue);

        _guest.Call(CallNumber.Close, writer);
        Assert.True(thread.IsWoken);
        Assert.Equal((1L, (short)0x10), (thread.Again().Result, _guest.Get<pollfd_t>(polled).revents));
        _guest.Call(CallNumber.Close, otherReader);
        Assert.Equal((2L, (short)8), (_guest.Call(CallNumber.Poll, polled, 2, 0), _guest.Get<pollfd_t>(polled + 8).revents));
    }

    [Fact]
    public void Poll_MadeAgain_HasOnlyTheRestOfItsTime()
    {
        var polled = _guest.Put(new pollfd_t { fd = (int)_guest.Pipe().Reader, events = 1, revents = 7 });
        var thread = _guest.Thread(2).Call(CallNumber.Poll, polled, 1, 5);

        Assert.Equal(new VcpuWait(2_000_000), thread.Again(3_000_000).Wait);
        Assert.Equal(7, _guest.Get<pollfd_t>(polled).revents);
        Assert.Equal((0L, false), (thread.Again(5_000_000).Result, thread.IsWaiting));
        Assert.Equal(0, _guest.Get<pollfd_t>(polled).revents);
    }

    [Fact]
    public void Select_WrittenMeanwhile_KeepsItAndWritesTheTimeLeft()
    {
        var (reader, writer) = _guest.Pipe();
        var (read, time) = (_guest.Put(1UL << (int)reader), _guest.Put(new timeval_t { tv_sec = 2 }));
        var thread = _guest.Thread(2).Call(CallNumber.Select, reader + 1, read, 0, 0, time);
        Assert.Equal(1UL << (int)reader, _guest.Get<ulong>(read));

        _guest.Call(CallNumber.Write, writer, read, 1);

        Assert.True(thread.IsWoken);
        Assert.Equal((1L, 1UL << (int)reader), (thread.Again(500_000_000).Result, _guest.Get<ulong>(read)));
        Assert.Equal((1L, 500_000L), (_guest.Get<timeval_t>(time).tv_sec, _guest.Get<timeval_t>(time).tv_usec));
    }

    [Theory]
    [InlineData(CallNumber.Poll)]
    [InlineData(CallNumber.Select)]
    public void Calls_Interrupted_AreToBeMadeAgainWhereThereIsNoHandler(CallNumber id)
    {
        var (reader, writer) = _guest.Pipe();
        var thread = id == CallNumber.Poll
            ? _guest.Thread(2).Call(id, _guest.Put(new pollfd_t { fd = (int)reader, events = 1 }), 1, ulong.MaxValue)
            : _guest.Thread(2).Call(id, reader + 1, _guest.Put(1UL << (int)reader));

        Assert.Equal(Errno.ERESTARTNOHAND.ToResult(), thread.Interrupt());
        _guest.Call(CallNumber.Write, writer, SyscallGuest.User, 1);
        Assert.False(thread.IsWoken);
    }

    [Theory]
    [InlineData(8, 0, Errno.None)]
    [InlineData(4, 0, Errno.EINVAL)]
    [InlineData(8, Missing, Errno.EFAULT)]
    public void Masks_AreLookedAt(ulong bytes, ulong address, Errno expected)
    {
        var (mask, now) = (address == 0 ? _guest.Put(0UL) : address, _guest.Put(default(timespec_t)));

        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.Ppoll, 0, 0, now, mask, bytes));
        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.Pselect6, 0, 0, 0, 0, now, _guest.Put((mask, bytes))));
    }

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

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.Select, reader + 1, read, Missing, 0, _guest.Put(default(timeval_t))));
        Assert.Equal(1UL << (int)reader, _guest.Get<ulong>(read));
    }
}
