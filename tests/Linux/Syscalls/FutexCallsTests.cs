using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class FutexCallsTests : IDisposable
{
    private const ulong Missing = 0x1000_0000, Kernel = 1UL << 47;
    private const ulong Wait = 0, Wake = 1, Requeue = 3, CompareRequeue = 4, WakeOperation = 5, WaitBits = 9, WakeBits = 10;
    private const ulong Private = 128, RealTime = 256;

    private readonly VirtualClock _clock = new();
    private readonly SyscallGuest _guest;
    private readonly ulong _word, _other;

    public FutexCallsTests()
    {
        _guest = new SyscallGuest([], clock: _clock);
        (_word, _other) = (_guest.Put(7u), _guest.Put(9u));
    }

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(Private)]
    public void Wake_Waiters_AreWokenInTheirOrder(ulong flags)
    {
        var threads = Waiting(3, flags);

        Assert.Equal(2, Futex(_word, Wake | flags, 2));
        Assert.Equal([true, true, false], threads.Select(thread => thread.IsWoken));
        Assert.Equal(0, threads[0].Again().Result);
        Assert.False(threads[0].IsWaiting);
        Assert.Equal((1L, 0L), (Futex(_word, Wake | flags, int.MaxValue), Futex(_word, Wake | flags, 1)));
    }

    // As on Linux, where the first is woken before anybody counts.
    [Theory]
    [InlineData(0)]
    [InlineData(uint.MaxValue)]
    public void Wake_NoneOrLess_WakesOne(uint count)
    {
        Waiting(2);

        Assert.Equal(1, Futex(_word, Wake, count));
    }

    [Fact]
    public void Wait_SpuriouslyWoken_KeepsItsPlace()
    {
        var threads = Waiting(2);
        Assert.True(threads[0].Again().IsWaiting);

        Assert.Equal(1, Futex(_word, Wake, 1));

        Assert.Equal([true, false], threads.Select(thread => thread.IsWoken));
    }

    [Fact]
    public void Wait_AnotherKindOfFutex_IsAnotherFutex()
    {
        Waiting(1, Private);

        Assert.Equal((0L, 1L), (Futex(_word, Wake, 1), Futex(_word, Wake | Private, 1)));
    }

    // One page at two addresses.
    [Fact]
    public void Wake_SharedAtAnotherAddress_IsTheSameFutex()
    {
        _guest.Map(Missing, 0x10_0000);
        Waiting(1);

        Assert.Equal(0, Futex(Missing + (_word - SyscallGuest.User), Wake | Private, 1));
        Assert.Equal(1, Futex(Missing + (_word - SyscallGuest.User), Wake, 1));
    }

    [Fact]
    public void Wait_Relative_EndsWithItsTimeAsWaited()
    {
        var thread = _guest.Thread(1).Call(CallNumber.Futex, _word, Wait, 7, Time(0, 500));
        Assert.Equal(new VcpuWait(500), thread.Wait);

        Assert.Equal(new VcpuWait(200), thread.Again(300).Wait);
        Assert.Equal(Errno.ETIMEDOUT.ToResult(), thread.Again(500).Result);
        Assert.Equal((false, 0L), (thread.IsWaiting, Futex(_word, Wake, 1)));
    }

    [Theory]
    [InlineData(0, VirtualClock.Uptime)]
    [InlineData(RealTime, VirtualClock.Epoch)]
    public void WaitBits_Absolute_EndsAtItsTimeOnItsClock(ulong flags, long beginning)
    {
        const long Second = 1_000_000_000;
        _clock.Advance(Second);
        var thread = _guest.Thread(1).Call(
            CallNumber.Futex, _word, WaitBits | flags, 7, Time((beginning / Second) + 1, (beginning % Second) + 30), 0, 1);
        Assert.Equal(new VcpuWait(30), thread.Wait);

        _clock.Advance(20);
        Assert.Equal(new VcpuWait(10), thread.Again(20).Wait);
        _clock.Advance(10);
        Assert.Equal(Errno.ETIMEDOUT.ToResult(), thread.Again(30).Result);
    }

    [Fact]
    public void Wait_WokenWhenItsTimeIsOver_WasWoken()
    {
        var thread = _guest.Thread(1).Call(CallNumber.Futex, _word, Wait, 7, Time(0, 5));
        Futex(_word, Wake, 1);

        Assert.Equal(0, thread.Again(5).Result);
    }

    [Theory]
    [InlineData(false, Errno.ERESTARTSYS)]
    [InlineData(true, Errno.ERESTARTNOHAND)]
    public void Wait_Interrupted_WaitsNoMore(bool hasTime, Errno expected)
    {
        var thread = _guest.Thread(1).Call(CallNumber.Futex, _word, Wait, 7, hasTime ? Time(1, 0) : 0);

        Assert.Equal(expected.ToResult(), thread.Interrupt());
        Assert.Equal(0, Futex(_word, Wake, 1));
    }

    [Fact]
    public void Wait_WokenAndInterrupted_WasWoken()
    {
        var thread = Waiting(1)[0];
        Futex(_word, Wake, 1);

        Assert.Equal(0, thread.Interrupt());
    }

    [Fact]
    public void WakeBits_OnlyWhoWaitsForOneOfThem_IsWoken()
    {
        var first = _guest.Thread(1).Call(CallNumber.Futex, _word, WaitBits, 7, 0, 0, 0b01);
        var second = _guest.Thread(2).Call(CallNumber.Futex, _word, WaitBits, 7, 0, 0, 0b10);

        Assert.Equal(1, _guest.Call(CallNumber.Futex, _word, WakeBits, 9, 0, 0, 0b10));
        Assert.Equal((false, true), (first.IsWoken, second.IsWoken));
        Assert.Equal(1, Futex(_word, Wake, 9));
    }

    [Fact]
    public void Requeue_Others_WaitForTheOtherFutex()
    {
        var threads = Waiting(4);

        Assert.Equal(3, _guest.Call(CallNumber.Futex, _word, Requeue, 1, 2, _other));
        Assert.Equal([true, false, false, false], threads.Select(thread => thread.IsWoken));
        Assert.Equal((1L, 2L), (Futex(_word, Wake, 9), Futex(_other, Wake, 9)));
        Assert.All(threads, thread => Assert.Equal((0L, false), (thread.Again().Result, thread.IsWaiting)));
    }

    [Fact]
    public void Requeue_ToItself_CountsAndChangesNothing()
    {
        var threads = Waiting(3);

        Assert.Equal(3, _guest.Call(CallNumber.Futex, _word, CompareRequeue, 0, 9, _word, 7));
        Assert.Equal(1, Futex(_word, Wake, 1));
        Assert.True(threads[0].IsWoken);
    }

    [Theory]
    [InlineData(0, 0xFFF, 0, 9, 0xFFFF_FFFF)] // SET -1
    [InlineData(1, 5, 0, 9, 14)] // ADD
    [InlineData(2, 6, 0, 9, 15)] // OR
    [InlineData(3, 1, 0, 9, 8)] // ANDN
    [InlineData(4, 1, 0, 9, 8)] // XOR
    [InlineData(8, 31, 0, 9, 0x8000_0000)] // SET 1 << 31
    [InlineData(9, 4, 0, 9, 25)] // ADD 1 << 4
    [InlineData(12, 33, 0, 9, 11)] // XOR 1 << (33 & 31)
    public void WakeOperation_Word_IsChanged(uint operation, uint operand, uint comparison, uint compared, uint expected)
    {
        Assert.Equal(0, _guest.Call(CallNumber.Futex, _word, WakeOperation, 1, 1, _other, Encode(operation, operand, comparison, compared)));

        Assert.Equal(expected, _guest.Get<uint>(_other));
    }

    [Theory]
    [InlineData(0, 9, true)] // EQ
    [InlineData(0, 8, false)]
    [InlineData(1, 8, true)] // NE
    [InlineData(2, 10, true)] // LT
    [InlineData(2, 9, false)]
    [InlineData(3, 9, true)] // LE
    [InlineData(3, 0xFFF, false)] // 9 <= -1
    [InlineData(4, 0xFFF, true)] // GT
    [InlineData(4, 9, false)]
    [InlineData(5, 9, true)] // GE
    [InlineData(5, 10, false)]
    public void WakeOperation_OldWordAsWanted_WakesTheSecondToo(uint comparison, uint compared, bool isWoken)
    {
        var first = _guest.Thread(1).Call(CallNumber.Futex, _word, Wait, 7);
        var second = _guest.Thread(2).Call(CallNumber.Futex, _other, Wait, 9);

        Assert.Equal(isWoken ? 2 : 1, _guest.Call(CallNumber.Futex, _word, WakeOperation, 1, 1, _other, Encode(0, 0, comparison, compared)));
        Assert.Equal((true, isWoken), (first.IsWoken, second.IsWoken));
    }

    [Fact]
    public void WakeOperation_NoSuchOperationOrComparison_IsEnosysBeforeOrAfterTheChange()
    {
        Assert.Equal(Errno.ENOSYS.ToResult(), _guest.Call(CallNumber.Futex, _word, WakeOperation, 1, 1, _other, Encode(5, 0, 0, 0)));
        Assert.Equal(9u, _guest.Get<uint>(_other));
        Assert.Equal(Errno.ENOSYS.ToResult(), _guest.Call(CallNumber.Futex, _word, WakeOperation, 1, 1, _other, Encode(0, 1, 6, 0)));
        Assert.Equal(1u, _guest.Get<uint>(_other));
    }

    // What is wrong first is told, as on Linux. A pointer of -1 stands for a word that is there.
    [Theory]
    [InlineData(ulong.MaxValue, Wait, 8, 0, 0, Errno.EAGAIN)]
    [InlineData(ulong.MaxValue - 1, Wait, 8, 0, 0, Errno.EINVAL)]
    [InlineData(Missing, Wait, 8, 0, 0, Errno.EFAULT)]
    [InlineData(Missing + 1, Wait, 8, 0, 0, Errno.EINVAL)]
    [InlineData(Kernel, Wait | Private, 8, 0, 0, Errno.EFAULT)]
    [InlineData(Missing + 1, Wait, 8, Missing, 0, Errno.EFAULT)]
    [InlineData(Missing + 1, WaitBits, 8, 0, 0, Errno.EINVAL)]
    [InlineData(ulong.MaxValue, WaitBits, 8, 0, 1, Errno.EAGAIN)]
    [InlineData(ulong.MaxValue, Wait | RealTime, 8, 0, 0, Errno.ENOSYS)]
    [InlineData(ulong.MaxValue, Wait | RealTime, 8, Missing, 0, Errno.EFAULT)]
    [InlineData(ulong.MaxValue, Wake | RealTime, 8, Missing, 0, Errno.ENOSYS)]
    [InlineData(ulong.MaxValue - 1, Wake, 1, 0, 0, Errno.EINVAL)]
    [InlineData(Missing, Wake, 1, 0, 0, Errno.EFAULT)]
    [InlineData(Missing, Wake | Private, 1, 0, 0, Errno.None)]
    [InlineData(Kernel, Wake | Private, 1, 0, 0, Errno.EFAULT)]
    [InlineData(Missing + 1, WakeBits, 1, 0, 0, Errno.EINVAL)]
    [InlineData(ulong.MaxValue, Requeue, uint.MaxValue, 0, 0, Errno.EINVAL)]
    [InlineData(ulong.MaxValue, Requeue, 0, uint.MaxValue, 0, Errno.EINVAL)]
    [InlineData(ulong.MaxValue, CompareRequeue, 0, 0, 8, Errno.EAGAIN)]
    [InlineData(ulong.MaxValue, 2, 0, 0, 0, Errno.ENOSYS)]
    [InlineData(ulong.MaxValue, 6, 0, 0, 0, Errno.ENOSYS)]
    [InlineData(ulong.MaxValue, 6, 0, Missing, 0, Errno.EFAULT)]
    [InlineData(ulong.MaxValue, 7, 0, 0, 0, Errno.ENOSYS)]
    [InlineData(ulong.MaxValue, 13 | RealTime, 0, 0, 0, Errno.ENOSYS)]
    [InlineData(ulong.MaxValue, 77, 0, 0, 0, Errno.ENOSYS)]
    public void Call_WhatCannotBe_SaysWhyInLinuxsOrder(ulong address, ulong operation, ulong value, ulong time, ulong bits, Errno expected)
    {
        address = address >= ulong.MaxValue - 1 ? _word + (ulong.MaxValue - address) : address;

        var outcome = _guest.Serve(CallNumber.Futex, address, operation, value, time, _other, bits);

        Assert.Equal((expected.ToResult(), null), (outcome.Result, outcome.Wait));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1_000_000_000)]
    public void Wait_TimeThatIsNone_IsEinval(long seconds, long nanoseconds) =>
        Assert.Equal(Errno.EINVAL.ToResult(), _guest.Call(CallNumber.Futex, _word, Wait, 8, Time(seconds, nanoseconds)));

    [Theory]
    [InlineData(Wait)]
    [InlineData(WaitBits)]
    public void Wait_NoTimeAtAll_IsOverAtOnce(ulong operation) =>
        Assert.Equal(Errno.ETIMEDOUT.ToResult(), _guest.Call(CallNumber.Futex, _word, operation, 7, Time(0, 0), 0, 1));

    [Fact]
    public void Calls_OnceMade_AllocateNothing()
    {
        var thread = _guest.Thread(1);
        HandOver(thread);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100; round++)
        {
            HandOver(thread);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void HandOver(GuestThread thread)
    {
        thread.Call(CallNumber.Futex, _word, Wait | Private, 7);
        if (!thread.IsWaiting || Futex(_word, Wake | Private, 1) != 1 || thread.Again().IsWaiting)
        {
            throw new InvalidOperationException("a call failed");
        }
    }

    private List<GuestThread> Waiting(int count, ulong flags = 0)
    {
        var threads = Enumerable.Range(1, count).Select(vcpu => _guest.Thread(vcpu).Call(CallNumber.Futex, _word, Wait | flags, 7)).ToList();
        Assert.All(threads, thread => Assert.Equal(new VcpuWait(-1), thread.Wait));
        return threads;
    }

    private long Futex(ulong address, ulong operation, uint count) => _guest.Call(CallNumber.Futex, address, operation, count);

    private ulong Time(long seconds, long nanoseconds) => _guest.Put(new timespec_t { tv_sec = seconds, tv_nsec = nanoseconds });

    private static uint Encode(uint operation, uint operand, uint comparison, uint compared) =>
        (operation << 28) | (comparison << 24) | ((operand & 0xFFF) << 12) | (compared & 0xFFF);
}
