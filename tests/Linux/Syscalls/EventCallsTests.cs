using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class EventCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000, NonBlocking = 0x800, Semaphore = 1, Absolute = 1;
    private const long Second = 1_000_000_000;

    private readonly VirtualClock _clock = new();
    private readonly SyscallGuest _guest;
    private readonly ulong _buffer;

    public EventCallsTests()
    {
        _guest = new SyscallGuest([], clock: _clock);
        _buffer = _guest.Room(64);
    }

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(0, 5)]
    [InlineData(Semaphore, 1)]
    public void Counter_Read_TakesAllOrOne(ulong flags, ulong expected)
    {
        var fd = (ulong)_guest.Call(CallNumber.Eventfd2, 3, flags | NonBlocking);
        Assert.Equal(8, Write(fd, 2));

        Assert.Equal((8L, expected), (_guest.Call(CallNumber.Read, fd, _buffer, 20), _guest.Get<ulong>(_buffer)));
        Assert.Equal(flags == 0 ? Errno.EAGAIN.ToResult() : 8, _guest.Call(CallNumber.Read, fd, _buffer, 8));
    }

    [Fact]
    public void Counter_Empty_HoldsUpItsReaderUntilItIsWritten()
    {
        var fd = (ulong)_guest.Call(CallNumber.Eventfd, 0);
        var thread = _guest.Thread(1).Call(CallNumber.Read, fd, _buffer, 8);
        Assert.True(thread.IsWaiting);

        Write(fd, 7);

        Assert.True(thread.IsWoken);
        Assert.Equal((8L, 7UL), (thread.Again().Result, _guest.Get<ulong>(_buffer)));
    }

    [Fact]
    public void Counter_Full_HoldsUpItsWriterUntilItIsRead()
    {
        var fd = (ulong)_guest.Call(CallNumber.Eventfd, 1);
        Assert.Equal(8, Write(fd, ulong.MaxValue - 2));
        var thread = _guest.Thread(1).Call(CallNumber.Write, fd, _guest.Put(1UL), 8);
        Assert.True(thread.IsWaiting);

        Assert.Equal((8L, ulong.MaxValue - 1), (_guest.Call(CallNumber.Read, fd, _buffer, 8), _guest.Get<ulong>(_buffer)));

        Assert.True(thread.IsWoken);
        Assert.Equal((8L, false), (thread.Again().Result, thread.IsWaiting));
    }

    [Fact]
    public void Counter_WhatCannotBe_IsEinval()
    {
        var fd = (ulong)_guest.Call(CallNumber.Eventfd, 1);

        Assert.Equal(Errno.EINVAL.ToResult(), Write(fd, ulong.MaxValue));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Read, fd, _buffer, 7));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Write, fd, _buffer, 7));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Eventfd2, 0, 2));
        Assert.Equal(0, _guest.Call(CallNumber.Lseek, fd, 5, 0));
    }

    [Theory]
    [InlineData(0, VirtualClock.Epoch)]
    [InlineData(1, VirtualClock.Uptime)]
    [InlineData(7, VirtualClock.Uptime)]
    public void Timer_AbsoluteOrRelative_CountsItsTimes(ulong clock, long beginning)
    {
        var fd = (ulong)_guest.Call(CallNumber.TimerfdCreate, clock, NonBlocking);
        Set(fd, 0, 3, 10);
        _clock.Advance(9);
        Assert.Equal(Errno.EAGAIN.ToResult(), _guest.Call(CallNumber.Read, fd, _buffer, 8));
        _clock.Advance(7);
        Assert.Equal((8L, 3UL), (_guest.Call(CallNumber.Read, fd, _buffer, 8), _guest.Get<ulong>(_buffer)));
        Assert.Equal((3L, 3L), Get(fd));

        Set(fd, Absolute, 0, beginning + 16 + 4);
        Assert.Equal((0L, 4L), Get(fd));
        _clock.Advance(100);
        Assert.Equal((0L, 0L), Get(fd));
        Assert.Equal((8L, 1UL), (_guest.Call(CallNumber.Read, fd, _buffer, 8), _guest.Get<ulong>(_buffer)));
    }

    [Fact]
    public void Timer_Read_WaitsUntilItsTimeAndHearsOfAnotherOne()
    {
        var fd = (ulong)_guest.Call(CallNumber.TimerfdCreate, 1, 0);
        var thread = _guest.Thread(1).Call(CallNumber.Read, fd, _buffer, 8);
        Assert.Equal(new VcpuWait(-1), thread.Wait);

        Set(fd, 0, 0, 500);
        Assert.True(thread.IsWoken);
        Assert.Equal(new VcpuWait(500), thread.Again().Wait);
        _clock.Advance(500);
        Assert.Equal((8L, 1UL), (thread.Again().Result, _guest.Get<ulong>(_buffer)));
    }

    [Fact]
    public void Timer_Polled_EndsThePollInItsTime()
    {
        var fd = (ulong)_guest.Call(CallNumber.TimerfdCreate, 1, 0);
        Set(fd, 0, 0, 500);
        var polled = _guest.Put(new pollfd_t { fd = (int)fd, events = 1 });
        var thread = _guest.Thread(1).Call(CallNumber.Poll, polled, 1, 1);
        Assert.Equal(new VcpuWait(500), thread.Wait);

        _clock.Advance(500);

        Assert.Equal((1L, (short)1), (thread.Again(500).Result, _guest.Get<pollfd_t>(polled).revents));
    }

    [Fact]
    public void Timer_SetAnew_SaysWhatItWasAndForgetsItsTimes()
    {
        var fd = (ulong)_guest.Call(CallNumber.TimerfdCreate, 1, NonBlocking);
        Set(fd, 0, Second, 10);
        _clock.Advance(10);
        var old = _guest.Room(32);

        Assert.Equal(0, _guest.Call(CallNumber.TimerfdSettime, fd, 0, _guest.Put((0L, 0L, 0L, 0L)), old));

        Assert.Equal((1L, 0L, 1L, 0L), _guest.Get<(long, long, long, long)>(old));
        Assert.Equal(Errno.EAGAIN.ToResult(), _guest.Call(CallNumber.Read, fd, _buffer, 8));
        Assert.Equal((0L, 0L), Get(fd));
    }

    [Theory]
    [InlineData(CallNumber.TimerfdCreate, 2, 0, 0, Errno.EINVAL)]
    [InlineData(CallNumber.TimerfdCreate, 8, 0, 0, Errno.EPERM)]
    [InlineData(CallNumber.TimerfdCreate, 1, 1, 0, Errno.EINVAL)]
    [InlineData(CallNumber.TimerfdSettime, 99, 0, Missing, Errno.EFAULT)]
    [InlineData(CallNumber.TimerfdSettime, 99, 4, 0, Errno.EINVAL)]
    [InlineData(CallNumber.TimerfdSettime, 99, 2, 0, Errno.EBADF)]
    [InlineData(CallNumber.TimerfdSettime, 1, 0, 0, Errno.EINVAL)]
    [InlineData(CallNumber.TimerfdGettime, 99, Missing, 0, Errno.EBADF)]
    [InlineData(CallNumber.TimerfdGettime, 1, Missing, 0, Errno.EINVAL)]
    public void Timer_WhatCannotBe_SaysWhy(CallNumber id, ulong first, ulong second, ulong third, Errno expected) => Assert.Equal(
        expected.ToResult(), _guest.Call(id, first, second, third == 0 && id == CallNumber.TimerfdSettime ? _guest.Put((0L, 0L, 0L, 5L)) : third));

    private long Write(ulong fd, ulong value) => _guest.Call(CallNumber.Write, fd, _guest.Put(value), 8);

    private void Set(ulong fd, ulong flags, long interval, long time) => Assert.Equal(0, _guest.Call(
        CallNumber.TimerfdSettime, fd, flags, _guest.Put((interval / Second, interval % Second, time / Second, time % Second)), 0));

    private (long Interval, long Left) Get(ulong fd)
    {
        var address = _guest.Room(32);
        Assert.Equal(0, _guest.Call(CallNumber.TimerfdGettime, fd, address));
        var (seconds, interval, left, rest) = _guest.Get<(long, long, long, long)>(address);
        return ((seconds * Second) + interval, (left * Second) + rest);
    }
}
