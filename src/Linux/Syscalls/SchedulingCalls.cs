using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>How the program is scheduled, as far as it can ask and, without privileges, change: kept for it to read.</summary>
internal sealed class SchedulingCalls(SyscallContext context)
{
    // linux/sched.h
    private const int Normal = 0, Fifo = 1, RoundRobin = 2, Batch = 3, Idle = 5, Deadline = 6, ResetOnFork = 0x4000_0000;
    private const int MinRealTime = 1, MaxRealTime = 99;
    private const int LowestNice = -20, HighestNice = 19;

    private int _nice;
    private int _policy;

    public long GetPriority(in GuestCall call)
    {
        const int Lowest = 20;
        var errno = FindWho((int)call.First, (int)call.Second);
        return errno == Errno.None ? Lowest - _nice : errno.ToResult();
    }

    public long SetPriority(in GuestCall call)
    {
        var errno = FindWho((int)call.First, (int)call.Second);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var nice = Math.Clamp((int)call.Third, LowestNice, HighestNice);
        if (nice < _nice)
        {
            return Errno.EACCES.ToResult();
        }

        _nice = nice;
        return 0;
    }

    public long GetScheduler(in GuestCall call) => Find((int)call.First) is var errno and not Errno.None ? errno.ToResult() : _policy;

    public long SetScheduler(in GuestCall call)
    {
        var policy = (int)call.Second;
        return policy < 0 ? Errno.EINVAL.ToResult() : SetScheduler(call, policy & ~ResetOnFork, call.Third, policy);
    }

    public long SetParameters(in GuestCall call) => SetScheduler(call, _policy & ~ResetOnFork, call.Second, _policy);

    public long GetParameters(in GuestCall call)
    {
        var errno = call.Second == 0 ? Errno.EINVAL : Find((int)call.First);
        return (errno == Errno.None ? context.Buffers.Write(call.Space, call.Second, 0) : errno).ToResult();
    }

    public static long GetMaxPriority(int policy) => PriorityOf(policy, MaxRealTime);

    public static long GetMinPriority(int policy) => PriorityOf(policy, MinRealTime);

    public long GetInterval(in GuestCall call)
    {
        const long Slice = 4_000_000;
        var errno = Find((int)call.First);
        return (errno == Errno.None ? context.Buffers.Write(call.Space, call.Second, new timespec_t { tv_nsec = Slice }) : errno).ToResult();
    }

    private static long PriorityOf(int policy, int ofRealTime) => policy switch
    {
        Fifo or RoundRobin => ofRealTime,
        Normal or Batch or Idle or Deadline => 0,
        _ => Errno.EINVAL.ToResult(),
    };

    private static Errno Find(int process) => process < 0 ? Errno.EINVAL : IdentityCalls.IsSelf(process) ? Errno.None : Errno.ESRCH;

    // The process, its group, or root's processes: there is one.
    private static Errno FindWho(int which, int who) => which switch
    {
        0 or 1 => IdentityCalls.IsSelf(who) ? Errno.None : Errno.ESRCH,
        2 => who == 0 ? Errno.None : Errno.ESRCH,
        _ => Errno.EINVAL,
    };

    private long SetScheduler(in GuestCall call, int policy, ulong address, int kept)
    {
        if (address == 0 || (int)call.First < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = context.Buffers.Read(call.Space, address, out int priority);
        if (errno == Errno.None)
        {
            errno = Find((int)call.First);
        }

        if (errno == Errno.None)
        {
            errno = policy switch
            {
                Normal or Batch or Idle => priority == 0 ? Errno.None : Errno.EINVAL,
                Fifo or RoundRobin => priority is >= MinRealTime and <= MaxRealTime ? Errno.EPERM : Errno.EINVAL,
                _ => Errno.EINVAL,
            };
        }

        if (errno == Errno.None)
        {
            _policy = kept;
        }

        return errno.ToResult();
    }
}
