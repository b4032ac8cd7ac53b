using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>What the program is told of the machine it runs on.</summary>
internal sealed class SystemCalls
{
    private const ulong Unlimited = ulong.MaxValue;
    private const ulong StackBytes = 8 << 20;

    // asm-generic/resource.h
    private const int CoreLimit = 4, ProcessLimit = 6, FileLimit = 7, StackLimit = 3, Limits = 16;

    // The one process there is.
    private const int ProcessId = 1;

    private static readonly utsname_t Names = MakeNames();

    private readonly SyscallContext _context;
    private readonly rlimit64_t[] _limits = new rlimit64_t[Limits];

    public SystemCalls(SyscallContext context)
    {
        _context = context;
        Array.Fill(_limits, new rlimit64_t { rlim_cur = Unlimited, rlim_max = Unlimited });
        _limits[StackLimit].rlim_cur = StackBytes;
        _limits[CoreLimit] = default;
        _limits[ProcessLimit] = new rlimit64_t { rlim_cur = 1, rlim_max = 1 };
        _limits[FileLimit] = new rlimit64_t { rlim_cur = (ulong)context.Table.Limit, rlim_max = (ulong)context.Table.Capacity };
    }

    public long GetNames(in GuestCall call) => _context.Buffers.Write(call.Space, call.First, Names).ToResult();

    public long GetLimit(in GuestCall call) => Limit(call, (uint)call.First, newLimit: 0, call.Second);

    public long SetLimit(in GuestCall call) =>
        call.Second == 0 ? Errno.EFAULT.ToResult() : Limit(call, (uint)call.First, call.Second, oldLimit: 0);

    public long ChangeLimit(in GuestCall call) =>
        (int)call.First is 0 or ProcessId ? Limit(call, (uint)call.Second, call.Third, call.Fourth) : Errno.ESRCH.ToResult();

    private static utsname_t MakeNames()
    {
        var names = default(utsname_t);
        "Linux"u8.CopyTo(names.sysname);
        "kvmactors"u8.CopyTo(names.nodename);
        "6.1.0-kvmactors"u8.CopyTo(names.release);
        "#1 KvmActors"u8.CopyTo(names.version);
        "x86_64"u8.CopyTo(names.machine);
        "(none)"u8.CopyTo(names.domainname);
        return names;
    }

    public long GetInformation(in GuestCall call) => _context.Buffers.Write(call.Space, call.First, new sysinfo_t
    {
        uptime = _context.Time.Elapsed / GuestTime.NanosecondsPerSecond,
        totalram = _context.MemoryBytes,
        freeram = _context.MemoryBytes,
        procs = 1,
        mem_unit = 1,
    }).ToResult();

    private long Limit(in GuestCall call, uint resource, ulong newLimit, ulong oldLimit)
    {
        if (resource >= Limits)
        {
            return Errno.EINVAL.ToResult();
        }

        var limit = _limits[resource];
        var wanted = limit;
        var errno = newLimit == 0 ? Errno.None : _context.Buffers.Read(call.Space, newLimit, out wanted);
        if (errno == Errno.None)
        {
            errno = wanted.rlim_cur > wanted.rlim_max ? Errno.EINVAL : wanted.rlim_max > limit.rlim_max ? Errno.EPERM : Errno.None;
        }

        if (errno == Errno.None && oldLimit != 0)
        {
            errno = _context.Buffers.Write(call.Space, oldLimit, limit);
        }

        if (errno == Errno.None)
        {
            _limits[resource] = wanted;
            if (resource == FileLimit)
            {
                _context.Table.Limit = (int)wanted.rlim_cur;
            }
        }

        return errno.ToResult();
    }
}
