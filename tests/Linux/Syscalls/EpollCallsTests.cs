using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class EpollCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000, Add = 1, Delete = 2, Modify = 3;
    private const uint In = 1, Out = 4, HangUp = 16, Exclusive = 1u << 28, OneShot = 1u << 30, Edge = 1u << 31;

    private readonly TempFolder _folder = new();
    private readonly VirtualClock _clock = new();
    private readonly SyscallGuest _guest;
    private readonly ulong _epoll, _reader, _writer, _events;

    public EpollCallsTests()
    {
        _folder.AddFile("file", "x");
        _guest = new SyscallGuest([new("/data", _folder.Root, KvmActors.Linux.Files.MappingAccess.Read)], clock: _clock);
        _epoll = Create();
        (_reader, _writer) = _guest.Pipe(0x800);
        _events = _guest.Room(12 * 64);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Wait_Level_TellsAsLongAsItIsReady()
    {
        Assert.Equal(0, Control(Add, _reader, In, 42));
        Assert.Equal([], Ready());

        Write();
        Assert.Equal([(In, 42UL)], Ready());
        Assert.Equal([(In, 42UL)], Ready());
        Read();
        Assert.Equal([], Ready());
    }

    [Fact]
    public void Wait_Edge_TellsEachChangeOnce()
    {
        Write();
        Assert.Equal(0, Control(Add, _reader, In | Edge, 42));

        Assert.Equal([(In, 42UL)], Ready());
        Assert.Equal([], Ready());
        Write();
        Assert.Equal([(In, 42UL)], Ready());
        Assert.Equal([], Ready());
        Assert.Equal(0, Control(Modify, _reader, In | Edge, 43));
        Assert.Equal([(In, 43UL)], Ready());
    }

    [Fact]
    public void Wait_OneShot_TellsOnceUntilItIsArmedAnew()
    {
        Write();
        Control(Add, _reader, In | OneShot, 1);

        Assert.Equal([(In, 1UL)], Ready());
        Write();
        Assert.Equal([], Ready());
        Control(Modify, _reader, In | OneShot, 2);
        Assert.Equal([(In, 2UL)], Ready());
    }

    [Fact]
    public void Wait_NothingReady_WaitsAndIsWoken()
    {
        Control(Add, _reader, In, 7);
        var thread = _guest.Thread(1).Call(CallNumber.EpollWait, _epoll, _events, 4, 100);
        Assert.Equal(new VcpuWait(100_000_000), thread.Wait);

        Write();
        Assert.True(thread.IsWoken);
        Assert.Equal(1, thread.Again(5).Result);
        Assert.False(thread.IsWaiting);
        Read();

        thread.Call(CallNumber.EpollWait, _epoll, _events, 4, ulong.MaxValue);
        Assert.Equal((new VcpuWait(-1), Errno.ERESTARTNOHAND.ToResult()), (thread.Wait, thread.Interrupt()));
        thread.Call(CallNumber.EpollWait, _epoll, _events, 4, 1);
        Assert.Equal((0L, false), (thread.Again(1_000_000).Result, thread.IsWaiting));
    }

    [Fact]
    public void Wait_AddedMeanwhile_IsWoken()
    {
        Write();
        var thread = _guest.Thread(1).Call(CallNumber.EpollWait, _epoll, _events, 4, ulong.MaxValue);

        Control(Add, _reader, In, 7);

        Assert.Equal((true, 1L), (thread.IsWoken, thread.Again().Result));
    }

    [Fact]
    public void Wait_EndGone_TellsThatUnasked()
    {
        Control(Add, _reader, 0, 9);
        var thread = _guest.Thread(1).Call(CallNumber.EpollWait, _epoll, _events, 4, ulong.MaxValue);
        _guest.Call(CallNumber.Close, _writer);

        Assert.Equal((true, 1L), (thread.IsWoken, thread.Again().Result));
        Assert.Equal(HangUp, _guest.Get<uint>(_events));
    }

    [Fact]
    public void Wait_MoreReadyThanWanted_TellsTheOthersNextTime()
    {
        var counters = Enumerable.Range(0, 5).Select(_ => (ulong)_guest.Call(CallNumber.Eventfd, 1)).ToList();
        counters.ForEach(fd => Control(Add, fd, In, fd));

        var told = Enumerable.Range(0, 5).SelectMany(_ => Ready(most: 1)).Select(ready => ready.Data).ToList();

        Assert.Equal(counters, told);
    }

    [Fact]
    public void Wait_Timer_EndsInItsTime()
    {
        var timer = (ulong)_guest.Call(CallNumber.TimerfdCreate, 1, 0);
        Control(Add, timer, In | Edge, 3);
        _guest.Call(CallNumber.TimerfdSettime, timer, 0, _guest.Put((0L, 200L, 0L, 500L)), 0);
        var thread = _guest.Thread(1).Call(CallNumber.EpollWait, _epoll, _events, 4, ulong.MaxValue);
        Assert.Equal(new VcpuWait(500), thread.Wait);

        _clock.Advance(500);
        Assert.Equal(1, thread.Again(500).Result);
        Assert.Equal([], Ready());
        _clock.Advance(200);
        Assert.Equal([(In, 3UL)], Ready());
    }

    [Fact]
    public void Close_LastDescriptor_RemovesTheFile()
    {
        Write();
        Control(Add, _reader, In, 1);
        var copy = (ulong)_guest.Call(CallNumber.Dup, _reader);
        _guest.Call(CallNumber.Close, _reader);
        Assert.Equal([(In, 1UL)], Ready());

        _guest.Call(CallNumber.Close, copy);

        Assert.Equal([], Ready());
        Assert.Equal(Errno.EBADF.ToResult(), Control(Delete, _reader, 0, 0));
    }

    [Fact]
    public void Nested_Inner_MakesTheOuterReady()
    {
        var outer = Create();
        Assert.Equal(0, Control(Add, _reader, In, 1));
        Assert.Equal(0, Control(Add, _epoll, In | Edge, 2, outer));
        var thread = _guest.Thread(1).Call(CallNumber.EpollWait, outer, _events, 4, ulong.MaxValue);
        var polled = _guest.Put(new pollfd_t { fd = (int)outer, events = (short)In });
        var poller = _guest.Thread(2).Call(CallNumber.Poll, polled, 1, ulong.MaxValue);

        Write();

        Assert.True(thread.IsWoken && poller.IsWoken);
        Assert.Equal(1, poller.Again().Result);
        Assert.Equal((1L, 2UL), (thread.Again().Result, _guest.Get<ulong>(_events + 4)));
        Assert.Equal([], Ready(outer));
        Write();
        Assert.Equal([(In, 2UL)], Ready(outer));
    }

    [Fact]
    public void Nested_CirclesAndTowers_AreEloop()
    {
        var tower = Enumerable.Range(0, 6).Select(_ => Create()).ToArray();
        for (var level = 1; level < 5; level++)
        {
            Assert.Equal(0, Control(Add, tower[level - 1], In, 0, tower[level]));
        }

        Assert.Equal(Errno.ELOOP.ToResult(), Control(Add, tower[4], In, 0, tower[5]));
        Assert.Equal(Errno.ELOOP.ToResult(), Control(Add, tower[5], In, 0, tower[0]));
        Assert.Equal(Errno.ELOOP.ToResult(), Control(Add, tower[3], In, 0, tower[0]));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(Add, tower[0], In, 0, tower[0]));
        Assert.Equal(0, Control(Add, tower[3], In, 0, tower[5]));
    }

    [Fact]
    public void Control_WhatCannotBe_SaysWhyInLinuxsOrder()
    {
        var file = (ulong)_guest.Open("/data/file");
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.EpollCtl, 99, Add, 99, Missing));
        Assert.Equal(Errno.EBADF.ToResult(), Control(Add, 99, In, 0));
        Assert.Equal(Errno.EBADF.ToResult(), Control(Add, _reader, In, 0, epoll: 99));
        Assert.Equal(Errno.EPERM.ToResult(), Control(Add, file, In, 0));
        Assert.Equal(Errno.EPERM.ToResult(), Control(77, file, In, 0, epoll: file));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(Add, _reader, In, 0, epoll: _writer));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(77, _reader, In, 0));
        Assert.Equal(Errno.ENOENT.ToResult(), Control(Modify, _reader, In, 0));
        Assert.Equal(Errno.ENOENT.ToResult(), _guest.Call(CallNumber.EpollCtl, _epoll, Delete, _reader, 0));
        Assert.Equal(0, Control(Add, _reader, In, 0));
        Assert.Equal(Errno.EEXIST.ToResult(), Control(Add, _reader, In, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(Modify, _reader, In | Exclusive, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(Add, _writer, Out | Exclusive | OneShot, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(Add, Create(), In | Exclusive, 0));
        Assert.Equal(0, Control(Add, _writer, Out | Exclusive, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), Control(Modify, _writer, Out, 0));
    }

    [Theory]
    [InlineData(0, Errno.EINVAL)]
    [InlineData(-1, Errno.EINVAL)]
    [InlineData(int.MaxValue, Errno.EINVAL)]
    [InlineData(4, Errno.None)]
    public void Wait_HowMany_IsChecked(int most, Errno expected) =>
        Assert.Equal(expected.ToResult(), _guest.Call(CallNumber.EpollWait, _epoll, Missing, (ulong)most, 0));

    [Fact]
    public void Wait_WhatCannotBe_SaysWhyAndLosesNothing()
    {
        Write();
        Control(Add, _reader, In | Edge, 1);

        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.EpollWait, _epoll, 1UL << 47, 1, 0));
        Assert.Equal(Errno.EFAULT.ToResult(), _guest.Call(CallNumber.EpollWait, _epoll, Missing, 1, 0));
        Assert.Equal(Errno.EBADF.ToResult(), _guest.Call(CallNumber.EpollWait, 99, _events, 1, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.EpollWait, _reader, _events, 1, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.EpollPwait, _epoll, _events, 1, 0, _guest.Put(0UL), 4));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.EpollPwait2, _epoll, _events, 1, _guest.Put(new timespec_t { tv_sec = -1 })));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.EpollCreate, 0));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.EpollCreate1, 1));
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Read, _epoll, _events, 8));
        Assert.Equal(1, _guest.Call(CallNumber.EpollPwait, _epoll, _events, 1, 0, _guest.Put(0UL), 8));
    }

    [Fact]
    public void Pwait2_Nanoseconds_AreWaited()
    {
        var thread = _guest.Thread(1).Call(CallNumber.EpollPwait2, _epoll, _events, 1, _guest.Put(new timespec_t { tv_nsec = 77 }));

        Assert.Equal(new VcpuWait(77), thread.Wait);
        Assert.Equal((0L, false), (thread.Again(77).Result, thread.IsWaiting));
    }

    private ulong Create()
    {
        var fd = _guest.Call(CallNumber.EpollCreate1, 0);
        Assert.True(fd >= 0);
        return (ulong)fd;
    }

    private long Control(ulong operation, ulong fd, uint events, ulong data, ulong? epoll = null)
    {
        var address = _guest.Room(12);
        MemoryMarshal.Write(_guest.Bytes(address, 4), events);
        MemoryMarshal.Write(_guest.Bytes(address + 4, 8), data);
        return _guest.Call(CallNumber.EpollCtl, epoll ?? _epoll, operation, fd, address);
    }

    private List<(uint Events, ulong Data)> Ready(ulong? epoll = null, ulong most = 16)
    {
        var count = _guest.Call(CallNumber.EpollWait, epoll ?? _epoll, _events, most, 0);
        Assert.True(count >= 0);
        return [.. Enumerable.Range(0, (int)count).Select(index => (_guest.Get<uint>(_events + ((ulong)index * 12)), _guest.Get<ulong>(_events + ((ulong)index * 12) + 4)))];
    }

    private void Write() => Assert.Equal(1, _guest.Call(CallNumber.Write, _writer, _events, 1));

    private void Read() => Assert.True(_guest.Call(CallNumber.Read, _reader, _guest.Room(16), 16) > 0);
}
