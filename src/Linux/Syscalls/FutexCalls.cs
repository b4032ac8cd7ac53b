using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// futex(2), but for what is about priorities. The order of its checks is Linux's: <c>kernel/futex/syscalls.c</c> and its neighbours.
/// </summary>
internal sealed class FutexCalls(SyscallContext context)
{
    // linux/futex.h
    private const int Wait = 0, Wake = 1, Requeue = 3, CompareRequeue = 4, WakeOperation = 5, WaitBits = 9, WakeBits = 10;
    private const int LockPriority = 6, WaitRequeuePriority = 11, LockPriority2 = 13;
    private const int Private = 128, RealTime = 256;
    private const uint AnyBits = uint.MaxValue;

    private readonly FutexTable _table = new();
    private readonly List<FutexWaiter?> _waiters = [];

    public long Call(in GuestCall call)
    {
        if (context.IsRepeated)
        {
            return WaitOn(call, WaiterOf(call.Vcpu));
        }

        var (command, isRealTime) = ((int)call.Second & ~(Private | RealTime), ((int)call.Second & RealTime) != 0);
        var errno = ReadLimit(call, command, isRealTime, out var limit);
        if (errno == Errno.None && isRealTime && command is not (WaitBits or WaitRequeuePriority or LockPriority2))
        {
            errno = Errno.ENOSYS;
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        return command switch
        {
            Wait => Begin(call, limit, AnyBits),
            WaitBits => Begin(call, limit, (uint)call.Sixth),
            Wake => WakeSome(call, AnyBits),
            WakeBits => WakeSome(call, (uint)call.Sixth),
            Requeue => RequeueSome(call, expected: null),
            CompareRequeue => RequeueSome(call, (uint)call.Sixth),
            WakeOperation => WakeAfterChange(call),
            _ => Errno.ENOSYS.ToResult(),
        };
    }

    private Errno ReadLimit(in GuestCall call, int command, bool isRealTime, out WaitLimit limit)
    {
        limit = WaitLimit.None;
        if (call.Fourth == 0 || command is not (Wait or WaitBits or LockPriority or WaitRequeuePriority or LockPriority2))
        {
            return Errno.None;
        }

        var errno = context.Buffers.Read(call.Space, call.Fourth, out timespec_t time);
        if (errno != Errno.None)
        {
            return errno;
        }

        if (!GuestTime.IsTime(time))
        {
            return Errno.EINVAL;
        }

        limit = new WaitLimit(GuestTime.ToNanoseconds(time.tv_sec, time.tv_nsec), command == Wait ? null : isRealTime ? HostClock.Realtime : HostClock.Monotonic);
        return Errno.None;
    }

    // What tells the futex at an address from others: within a program its address is enough.
    private Errno Find(in GuestCall call, ulong address, out FutexKey key, bool forWrite = false)
    {
        key = new FutexKey(IsShared: false, address);
        if (address % sizeof(uint) != 0)
        {
            return Errno.EINVAL;
        }

        if (!context.Buffers.IsPlausible(call.Space, address, sizeof(uint)))
        {
            return Errno.EFAULT;
        }

        if (((int)call.Second & Private) != 0)
        {
            return Errno.None;
        }

        var errno = context.Buffers.Locate(call.Space, address, forWrite, out var physical);
        key = new FutexKey(IsShared: true, physical.Value);
        return errno;
    }

    private long Begin(in GuestCall call, WaitLimit limit, uint bits)
    {
        if (bits == 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var value = 0u;
        var errno = Find(call, call.First, out var key);
        if (errno == Errno.None)
        {
            errno = context.Buffers.LoadWord(call.Space, call.First, out value);
        }

        if (errno == Errno.None && value != (uint)call.Third)
        {
            errno = Errno.EAGAIN;
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var waiter = WaiterOf(call.Vcpu);
        _table.Remove(waiter);
        (waiter.Bits, waiter.Limit, waiter.IsWoken) = (bits, limit, false);
        _table.Add(waiter, key);
        return WaitOn(call, waiter);
    }

    // Who waits already keeps its place, whatever ended the wait.
    private long WaitOn(in GuestCall call, FutexWaiter waiter)
    {
        if (waiter.IsWoken)
        {
            waiter.IsWoken = false;
            return 0;
        }

        var left = waiter.Limit.Left(context.Time, call);
        if (left != 0 && !call.IsInterrupted)
        {
            context.WaitToBeWoken(left);
            return 0;
        }

        _table.Remove(waiter);
        return (left == 0 ? Errno.ETIMEDOUT : waiter.Limit.IsNone ? Errno.ERESTARTSYS : Errno.ERESTARTNOHAND).ToResult();
    }

    private long WakeSome(in GuestCall call, uint bits)
    {
        if (bits == 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = Find(call, call.First, out var key);
        return errno != Errno.None ? errno.ToResult() : _table.Wake(key, (int)call.Third, bits);
    }

    private long RequeueSome(in GuestCall call, uint? expected)
    {
        var (wake, requeue) = ((int)call.Third, (int)call.Fourth);
        if (wake < 0 || requeue < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        FutexKey to = default;
        var value = 0u;
        var errno = Find(call, call.First, out var from);
        if (errno == Errno.None)
        {
            errno = Find(call, call.Fifth, out to);
        }

        if (errno == Errno.None && expected is not null)
        {
            errno = context.Buffers.LoadWord(call.Space, call.First, out value);
        }

        if (errno == Errno.None && expected is { } wanted && value != wanted)
        {
            errno = Errno.EAGAIN;
        }

        return errno != Errno.None ? errno.ToResult() : _table.Requeue(from, to, wake, requeue);
    }

    private long WakeAfterChange(in GuestCall call)
    {
        FutexKey second = default;
        var errno = Find(call, call.First, out var first);
        if (errno == Errno.None)
        {
            errno = Find(call, call.Fifth, out second, forWrite: true);
        }

        var word = 0u;
        var operation = new FutexOperation((uint)call.Sixth);
        if (errno == Errno.None)
        {
            errno = Change(call, operation, out word);
        }

        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        // Once the word is changed, as on Linux.
        if (operation.Matches(word) is not { } matches)
        {
            return Errno.ENOSYS.ToResult();
        }

        var woken = _table.Wake(first, (int)call.Third, AnyBits);
        return woken + (matches ? _table.Wake(second, (int)call.Fourth, AnyBits) : 0);
    }

    private Errno Change(in GuestCall call, FutexOperation operation, out uint word)
    {
        var errno = context.Buffers.Locate(call.Space, call.Fifth, forWrite: true, out var physical);
        var memory = context.Buffers.Memory;
        if (errno != Errno.None || !memory.TryLoad(physical, out word))
        {
            word = 0;
            return Errno.EFAULT;
        }

        while (true)
        {
            errno = operation.Apply(word, out var changed);
            if (errno != Errno.None || !memory.TryCompareExchange(physical, word, changed, out var found))
            {
                return errno == Errno.None ? Errno.EFAULT : errno;
            }

            if (found == word)
            {
                return Errno.None;
            }

            // Another vCPU was quicker; the VM's end is not held up by one that never stops.
            word = found;
            if (context.IsStopped)
            {
                return Errno.EINTR;
            }
        }
    }

    private FutexWaiter WaiterOf(int vcpu)
    {
        while (_waiters.Count <= vcpu)
        {
            _waiters.Add(null);
        }

        return _waiters[vcpu] ??= new FutexWaiter(context.Waiter);
    }
}
