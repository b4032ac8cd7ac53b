using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// Every system call that is served, by what, and what is missing: the one place that says so. Dispatching, the paths that spans
/// show, and <c>docs/syscalls.md</c> come from here. To serve one more is a row here and a method.
/// </summary>
internal static class SyscallTable
{
    private const int Numbers = 512;
    private const int Here = SyscallContext.CurrentDirectory;

    private static readonly SyscallRow?[] ByNumber = MakeIndex();

    /// <summary>All of them, by number.</summary>
    public static IReadOnlyList<SyscallRow> Rows { get; } = [.. MakeRows().OrderBy(row => row.Number)];

    /// <summary>The row of a call that the host serves; null for any other.</summary>
    public static SyscallRow? Find(CallNumber number) => (uint)number < Numbers ? ByNumber[(int)number] : null;

    private static SyscallRow?[] MakeIndex()
    {
        var index = new SyscallRow?[Numbers];
        foreach (var row in MakeRows().Where(row => row.Handler is not null))
        {
            index[row.Number] = row;
        }

        return index;
    }

    private static SyscallRow[] MakeRows() =>
    [
        Host("read", 3, static (calls, in call) => calls.Transfers.Read(call)),
        Host("write", 3, static (calls, in call) => calls.Transfers.Write(call)),
        HostPath("open", 3, static (calls, in call) => calls.Open.Open(call, Here, call.First, (int)call.Second, (uint)call.Third)),
        Host("close", 1, static (calls, in call) => calls.Descriptors.Close(call)),
        HostPath("stat", 2, static (calls, in call) => calls.Status.GetStatus(call, Here, call.First, call.Second, flags: 0)),
        Host("fstat", 2, static (calls, in call) => calls.Files.GetStatus(call)),
        HostPath("lstat", 2, static (calls, in call) => calls.Status.GetStatus(call, Here, call.First, call.Second, StatusTarget.NoFollow)),
        Host("poll", 3, static (calls, in call) => calls.Polling.PollInMilliseconds(call)),
        Host("lseek", 3, static (calls, in call) => calls.Files.Seek(call)),
        Kernel("mmap", 6, "private mappings of files are copied in; shared ones have their pages in common, and are written back"),
        Kernel("mprotect", 3),
        Kernel("munmap", 2),
        Kernel("brk", 1),
        Kernel("rt_sigaction", 4, "handlers run for signals to oneself and for exceptions"),
        Kernel("rt_sigprocmask", 4),
        Kernel("rt_sigreturn", 0),
        Host("ioctl", 3, static (calls, in call) => calls.Descriptors.ControlDevice(call),
            "terminals: TCGETS, TCSETS and their kin, TIOCGWINSZ, TCSBRK, TCFLSH, TIOCOUTQ; FIONREAD, FIONBIO, FIOCLEX, FIONCLEX; all else ENOTTY"),
        Host("pread64", 4, static (calls, in call) => calls.Transfers.ReadAt(call)),
        Host("pwrite64", 4, static (calls, in call) => calls.Transfers.WriteAt(call)),
        Host("readv", 3, static (calls, in call) => calls.Transfers.ReadVector(call)),
        Host("writev", 3, static (calls, in call) => calls.Transfers.WriteVector(call)),
        HostPath("access", 2, static (calls, in call) => calls.Status.CheckAccess(call, Here, call.First, (int)call.Second, flags: 0)),
        Host("pipe", 1, static (calls, in call) => calls.Descriptors.MakePipe(call, flags: 0),
            "F_SETPIPE_SZ changes nothing: it holds 64 KiB"),
        Host("select", 5, static (calls, in call) => calls.Polling.Select(call)),
        Kernel("sched_yield", 0),
        Kernel("mremap", 5),
        Kernel("msync", 3),
        Kernel("mincore", 3),
        Kernel("madvise", 3),
        Kernel("pause", 0),
        Host("dup", 1, static (calls, in call) => calls.Descriptors.Duplicate(call.Fd, lowest: 0, closeOnExec: false)),
        Host("dup2", 2, static (calls, in call) => calls.Descriptors.Replace(call.Fd, (int)call.Second, flags: 0, sameIsFine: true)),
        Host("nanosleep", 2, static (calls, in call) => calls.Time.Sleep(call, HostClock.Monotonic, flags: 0, call.First, call.Second)),
        Host("getitimer", 2, static (calls, in call) => calls.Time.GetTimer(call), "always unset"),
        Kernel("getpid", 0),
        Host("sendfile", 4, static (calls, in call) => calls.SendFile.SendFile(call)),
        Host("getsockname", 3, static (calls, in call) => calls.Files.RefuseNoSocket(call), "always ENOTSOCK: there are no sockets"),
        Host("getpeername", 3, static (calls, in call) => calls.Files.RefuseNoSocket(call), "always ENOTSOCK: there are no sockets"),
        Host("setsockopt", 5, static (calls, in call) => calls.Files.RefuseNoSocket(call), "always ENOTSOCK: there are no sockets"),
        Host("getsockopt", 5, static (calls, in call) => calls.Files.RefuseNoSocket(call), "always ENOTSOCK: there are no sockets"),
        Kernel("clone", 5, "threads; processes give ENOSYS"),
        Kernel("exit", 1),
        Kernel("kill", 2, "to the program itself only"),
        Host("uname", 1, static (calls, in call) => calls.System.GetNames(call)),
        Host("fcntl", 3, static (calls, in call) => calls.Descriptors.Control(call),
            "locks always succeed; owners, leases, notifications and seals give EINVAL"),
        Host("flock", 2, static (calls, in call) => calls.Files.Lock(call), "always succeeds: no other program uses the guest's files"),
        Host("fsync", 1, static (calls, in call) => calls.Files.Sync(call, dataOnly: false)),
        Host("fdatasync", 1, static (calls, in call) => calls.Files.Sync(call, dataOnly: true)),
        HostPath("truncate", 2, static (calls, in call) => calls.Attributes.Truncate(call)),
        Host("ftruncate", 2, static (calls, in call) => calls.Files.Truncate(call)),
        Host("getcwd", 2, static (calls, in call) => calls.Directories.Get(call)),
        HostPath("chdir", 1, static (calls, in call) => calls.Directories.Change(call)),
        Host("fchdir", 1, static (calls, in call) => calls.Directories.ChangeToOpen(call)),
        HostPath("rename", 2, static (calls, in call) => calls.Paths.Rename(call, Here, call.First, Here, call.Second)),
        HostPath("mkdir", 2, static (calls, in call) => calls.Paths.MakeDirectory(call, Here, call.First, (uint)call.Second)),
        HostPath("rmdir", 1, static (calls, in call) => calls.Paths.Remove(call, Here, call.First, PathCalls.RemoveDirectory)),
        HostPath("creat", 2, static (calls, in call) => calls.Open.Open(call, Here, call.First, OpenFlags.Creat, (uint)call.Second)),
        HostPath("link", 2, static (calls, in call) => calls.Paths.MakeLink(call, Here, call.First, Here, call.Second)),
        HostPath("unlink", 1, static (calls, in call) => calls.Paths.Remove(call, Here, call.First, flags: 0)),
        HostPath("symlink", 2, static (calls, in call) => calls.Paths.MakeSymbolicLink(call, call.First, Here, call.Second)),
        HostPath("readlink", 3, static (calls, in call) => calls.Status.ReadLink(call, Here, call.First, call.Second, (int)call.Third)),
        HostPath("chmod", 2, static (calls, in call) => calls.Attributes.ChangeMode(call, Here, call.First, (uint)call.Second),
            "set-id bits are left out"),
        Host("fchmod", 2, static (calls, in call) => calls.Files.ChangeMode(call), "set-id bits are left out"),
        HostPath("chown", 3, static (calls, in call) => calls.Attributes.ChangeOwner(call, Here, call.First, (uint)call.Second, (uint)call.Third)),
        Host("fchown", 3, static (calls, in call) => calls.Files.ChangeOwner(call)),
        HostPath("lchown", 3, static (calls, in call) => calls.Attributes.ChangeOwner(call, Here, call.First, (uint)call.Second, (uint)call.Third, StatusTarget.NoFollow)),
        Host("umask", 1, static (calls, in call) => calls.Attributes.SetUmask((uint)call.First),
            "the host process's own umask applies, too"),
        Host("gettimeofday", 2, static (calls, in call) => calls.Time.GetTimeOfDay(call)),
        Host("getrlimit", 2, static (calls, in call) => calls.System.GetLimit(call)),
        Host("getrusage", 2, static (calls, in call) => calls.Time.GetUsage(call),
            "the time since the VM's start as user time; the rest is 0"),
        Host("sysinfo", 1, static (calls, in call) => calls.System.GetInformation(call), "all memory shows as free"),
        Host("times", 1, static (calls, in call) => calls.Time.GetTimes(call), "all of it as user time"),
        Kernel("getuid", 0, "always 0"),
        Kernel("getgid", 0, "always 0"),
        Kernel("geteuid", 0, "always 0"),
        Kernel("getegid", 0, "always 0"),
        Host("setuid", 1, static (_, in call) => IdentityCalls.Set((uint)call.First), "EPERM for any but 0"),
        Host("setgid", 1, static (_, in call) => IdentityCalls.Set((uint)call.First), "EPERM for any but 0"),
        Host("setpgid", 2, static (_, in call) => IdentityCalls.SetGroup((int)call.First, (int)call.Second), "EPERM: the program leads its session"),
        Kernel("getppid", 0, "always 0"),
        Kernel("getpgrp", 0),
        Host("setsid", 0, static (_, in _) => Errno.EPERM.ToResult(), "EPERM: the program leads its session"),
        Host("setreuid", 2, static (_, in call) => IdentityCalls.SetAll(call.First, call.Second), "as setuid"),
        Host("setregid", 2, static (_, in call) => IdentityCalls.SetAll(call.First, call.Second), "as setgid"),
        Host("getgroups", 2, static (calls, in call) => calls.Identity.GetGroups(call)),
        Host("setgroups", 2, static (calls, in call) => calls.Identity.SetGroups(call), "kept for the guest to read; nothing follows it"),
        Host("setresuid", 3, static (_, in call) => IdentityCalls.SetAll(call.First, call.Second, call.Third), "as setuid"),
        Host("getresuid", 3, static (calls, in call) => calls.Identity.GetAll(call), "always 0"),
        Host("setresgid", 3, static (_, in call) => IdentityCalls.SetAll(call.First, call.Second, call.Third), "as setgid"),
        Host("getresgid", 3, static (calls, in call) => calls.Identity.GetAll(call), "always 0"),
        Kernel("getpgid", 1),
        Host("setfsuid", 1, static (_, in _) => 0, "stays 0"),
        Host("setfsgid", 1, static (_, in _) => 0, "stays 0"),
        Kernel("getsid", 1),
        Host("capget", 2, static (calls, in call) => calls.Identity.GetCapabilities(call), "none, although the program is root"),
        Host("capset", 2, static (calls, in call) => calls.Identity.SetCapabilities(call), "EPERM for any"),
        Kernel("rt_sigpending", 2),
        Kernel("rt_sigtimedwait", 4),
        Kernel("rt_sigqueueinfo", 3, "to the program itself only"),
        Kernel("rt_sigsuspend", 2),
        Kernel("sigaltstack", 2),
        HostPath("utime", 2, static (calls, in call) => calls.FileTimes.SetInSeconds(call)),
        HostPath("mknod", 3, static (calls, in call) => calls.Paths.MakeNode(call, Here, call.First, (uint)call.Second), "EPERM for any but regular files and named pipes, which are opened as by O_NONBLOCK"),
        Host("personality", 1, static (calls, in call) => calls.Identity.SetPersonality(call), "kept for the guest to read; nothing follows it"),
        HostPath("statfs", 2, static (calls, in call) => calls.Status.GetFileSystem(call)),
        Host("fstatfs", 2, static (calls, in call) => calls.Files.GetFileSystem(call)),
        Host("getpriority", 2, static (calls, in call) => calls.Scheduling.GetPriority(call)),
        Host("setpriority", 3, static (calls, in call) => calls.Scheduling.SetPriority(call), "kept for the guest to read; nothing follows it"),
        Host("sched_setparam", 2, static (calls, in call) => calls.Scheduling.SetParameters(call)),
        Host("sched_getparam", 2, static (calls, in call) => calls.Scheduling.GetParameters(call)),
        Host("sched_setscheduler", 3, static (calls, in call) => calls.Scheduling.SetScheduler(call), "EPERM for real-time policies; others are kept for the guest to read"),
        Host("sched_getscheduler", 1, static (calls, in call) => calls.Scheduling.GetScheduler(call)),
        Host("sched_get_priority_max", 1, static (_, in call) => SchedulingCalls.GetMaxPriority((int)call.First)),
        Host("sched_get_priority_min", 1, static (_, in call) => SchedulingCalls.GetMinPriority((int)call.First)),
        Host("sched_rr_get_interval", 2, static (calls, in call) => calls.Scheduling.GetInterval(call), "always 4 ms"),
        Kernel("mlock", 2, "nothing is ever swapped"),
        Kernel("munlock", 2),
        Kernel("mlockall", 1, "nothing is ever swapped"),
        Kernel("munlockall", 0),
        Kernel("prctl", 5, "names, signals, flags and capabilities, most of it kept for the guest to read; others give EINVAL"),
        Kernel("arch_prctl", 2),
        Host("setrlimit", 2, static (calls, in call) => calls.System.SetLimit(call), "RLIMIT_NOFILE is followed; others are kept for the guest to read"),
        Host("sync", 0, static (_, in _) => 0, "writes nothing: it would be the whole host's"),
        Host("settimeofday", 2, static (_, in _) => Errno.EPERM.ToResult(), "always EPERM"),
        Kernel("gettid", 0),
        Host("readahead", 3, static (calls, in call) => calls.Files.ReadAhead(call), "has no effect"),
        HostPath("setxattr", 5, static (calls, in call) => calls.ExtendedAttributes.Refuse(call), "always EOPNOTSUPP"),
        HostPath("lsetxattr", 5, static (calls, in call) => calls.ExtendedAttributes.Refuse(call, StatusTarget.NoFollow), "always EOPNOTSUPP"),
        Host("fsetxattr", 5, static (calls, in call) => calls.ExtendedAttributes.RefuseOpen(call), "always EOPNOTSUPP"),
        HostPath("getxattr", 4, static (calls, in call) => calls.ExtendedAttributes.Refuse(call), "always EOPNOTSUPP"),
        HostPath("lgetxattr", 4, static (calls, in call) => calls.ExtendedAttributes.Refuse(call, StatusTarget.NoFollow), "always EOPNOTSUPP"),
        Host("fgetxattr", 4, static (calls, in call) => calls.ExtendedAttributes.RefuseOpen(call), "always EOPNOTSUPP"),
        HostPath("listxattr", 3, static (calls, in call) => calls.ExtendedAttributes.List(call), "there are none"),
        HostPath("llistxattr", 3, static (calls, in call) => calls.ExtendedAttributes.List(call, StatusTarget.NoFollow), "there are none"),
        Host("flistxattr", 3, static (calls, in call) => calls.ExtendedAttributes.ListOpen(call), "there are none"),
        HostPath("removexattr", 2, static (calls, in call) => calls.ExtendedAttributes.Refuse(call), "always EOPNOTSUPP"),
        HostPath("lremovexattr", 2, static (calls, in call) => calls.ExtendedAttributes.Refuse(call, StatusTarget.NoFollow), "always EOPNOTSUPP"),
        Host("fremovexattr", 2, static (calls, in call) => calls.ExtendedAttributes.RefuseOpen(call), "always EOPNOTSUPP"),
        Kernel("tkill", 2, "to the program itself only"),
        Host("time", 1, static (calls, in call) => calls.Time.GetTime(call)),
        Host("sched_setaffinity", 3, static (calls, in call) => calls.Affinity.Set(call)),
        Host("sched_getaffinity", 3, static (calls, in call) => calls.Affinity.Get(call)),
        Host("futex", 6, static (calls, in call) => calls.Futexes.Call(call), "what is about priorities gives ENOSYS"),
        Host("epoll_create", 1, static (calls, in call) => calls.Epoll.CreateWithSize((int)call.First)),
        Host("getdents64", 3, static (calls, in call) => calls.Files.ReadDirectory(call)),
        Kernel("set_tid_address", 1),
        Host("fadvise64", 4, static (calls, in call) => calls.Files.Advise(call), "has no effect"),
        Host("clock_settime", 2, static (_, in call) => TimeCalls.RefuseToSet((int)call.First), "always EPERM"),
        Host("clock_gettime", 2, static (calls, in call) => calls.Time.Get(call), "CPU clocks show the time since the VM's start"),
        Host("clock_getres", 2, static (calls, in call) => calls.Time.GetResolution(call)),
        Host("clock_nanosleep", 4, static (calls, in call) => calls.Time.Sleep(call, (int)call.First, (int)call.Second, call.Third, call.Fourth)),
        Kernel("exit_group", 1),
        Host("epoll_wait", 4, static (calls, in call) => calls.Epoll.WaitInMilliseconds(call, hasMask: false)),
        Host("epoll_ctl", 4, static (calls, in call) => calls.Epoll.Control(call), "EPOLLEXCLUSIVE wakes all that wait; EPOLLWAKEUP has no effect"),
        Kernel("tgkill", 3, "to the program itself only"),
        HostPath("utimes", 2, static (calls, in call) => calls.FileTimes.SetInMicroseconds(call, Here, call.First, call.Second)),
        HostPathAt("openat", 4, static (calls, in call) => calls.Open.Open(call, call.Fd, call.Second, (int)call.Third, (uint)call.Fourth)),
        HostPathAt("mkdirat", 3, static (calls, in call) => calls.Paths.MakeDirectory(call, call.Fd, call.Second, (uint)call.Third)),
        HostPathAt("mknodat", 4, static (calls, in call) => calls.Paths.MakeNode(call, call.Fd, call.Second, (uint)call.Third), "EPERM for any but regular files and named pipes, which are opened as by O_NONBLOCK"),
        HostPathAt("fchownat", 5, static (calls, in call) => calls.Attributes.ChangeOwner(call, call.Fd, call.Second, (uint)call.Third, (uint)call.Fourth, (int)call.Fifth)),
        HostPathAt("futimesat", 3, static (calls, in call) => calls.FileTimes.SetInMicroseconds(call, call.Fd, call.Second, call.Third)),
        HostPathAt("newfstatat", 4, static (calls, in call) => calls.Status.GetStatus(call, call.Fd, call.Second, call.Third, (int)call.Fourth)),
        HostPathAt("unlinkat", 3, static (calls, in call) => calls.Paths.Remove(call, call.Fd, call.Second, (int)call.Third)),
        HostPathAt("renameat", 4, static (calls, in call) => calls.Paths.Rename(call, call.Fd, call.Second, (int)call.Third, call.Fourth)),
        HostPathAt("linkat", 5, static (calls, in call) => calls.Paths.MakeLink(call, call.Fd, call.Second, (int)call.Third, call.Fourth, (int)call.Fifth),
            "AT_EMPTY_PATH gives ENOENT; links are not followed"),
        HostPath("symlinkat", 3, static (calls, in call) => calls.Paths.MakeSymbolicLink(call, call.First, (int)call.Second, call.Third)),
        HostPathAt("readlinkat", 4, static (calls, in call) => calls.Status.ReadLink(call, call.Fd, call.Second, call.Third, (int)call.Fourth)),
        HostPathAt("fchmodat", 3, static (calls, in call) => calls.Attributes.ChangeMode(call, call.Fd, call.Second, (uint)call.Third),
            "set-id bits are left out"),
        HostPathAt("faccessat", 3, static (calls, in call) => calls.Status.CheckAccess(call, call.Fd, call.Second, (int)call.Third, flags: 0)),
        Host("pselect6", 6, static (calls, in call) => calls.Polling.SelectInNanoseconds(call)),
        Host("ppoll", 5, static (calls, in call) => calls.Polling.PollInNanoseconds(call)),
        Kernel("set_robust_list", 2),
        Kernel("get_robust_list", 3),
        HostPathAt("utimensat", 4, static (calls, in call) => calls.FileTimes.SetInNanoseconds(call)),
        Host("epoll_pwait", 6, static (calls, in call) => calls.Epoll.WaitInMilliseconds(call, hasMask: true)),
        Host("timerfd_create", 2, static (calls, in call) => calls.Events.MakeTimer((int)call.First, (int)call.Second), "EPERM for clocks that would wake a computer"),
        Host("eventfd", 1, static (calls, in call) => calls.Events.MakeCounter((uint)call.First, flags: 0)),
        Host("fallocate", 4, static (calls, in call) => calls.Files.Allocate(call),
            "FALLOC_FL_KEEP_SIZE, _PUNCH_HOLE and _ZERO_RANGE, as far as the host's file system has them; others give EOPNOTSUPP"),
        Host("timerfd_settime", 4, static (calls, in call) => calls.Events.SetTimer(call), "TFD_TIMER_CANCEL_ON_SET has no effect: nobody sets the clock"),
        Host("timerfd_gettime", 2, static (calls, in call) => calls.Events.GetTimer(call)),
        Host("eventfd2", 2, static (calls, in call) => calls.Events.MakeCounter((uint)call.First, (int)call.Second)),
        Host("epoll_create1", 1, static (calls, in call) => calls.Epoll.Create((int)call.First)),
        Host("dup3", 3, static (calls, in call) => calls.Descriptors.Replace(call.Fd, (int)call.Second, (int)call.Third, sameIsFine: false)),
        Host("pipe2", 2, static (calls, in call) => calls.Descriptors.MakePipe(call, (int)call.Second), "as pipe"),
        Host("preadv", 5, static (calls, in call) => calls.Transfers.ReadVectorAt(call)),
        Host("pwritev", 5, static (calls, in call) => calls.Transfers.WriteVectorAt(call)),
        Kernel("rt_tgsigqueueinfo", 4, "to the program itself only"),
        Host("prlimit64", 4, static (calls, in call) => calls.System.ChangeLimit(call), "as setrlimit"),
        Host("syncfs", 1, static (calls, in call) => calls.Files.SyncFileSystem(call), "writes nothing: it would be the whole host's"),
        Host("getcpu", 3, static (calls, in call) => calls.Affinity.GetProcessor(call)),
        HostPathAt("renameat2", 5, static (calls, in call) => calls.Paths.Rename(call, call.Fd, call.Second, (int)call.Third, call.Fourth, (uint)call.Fifth),
            "RENAME_WHITEOUT gives EINVAL"),
        Host("getrandom", 3, static (calls, in call) => calls.Transfers.GetRandom(call)),
        Kernel("membarrier", 3, "each command is a barrier on all threads"),
        Kernel("mlock2", 3),
        Kernel("clone3", 2, "threads; processes give ENOSYS"),
        Host("preadv2", 6, static (calls, in call) => calls.Transfers.ReadVectorWithFlags(call), "flags other than 0 give EOPNOTSUPP"),
        Host("pwritev2", 6, static (calls, in call) => calls.Transfers.WriteVectorWithFlags(call), "flags other than 0 give EOPNOTSUPP"),
        HostPathAt("statx", 5, static (calls, in call) => calls.Status.GetExtendedStatus(call)),
        Host("close_range", 3, static (calls, in call) => calls.Descriptors.CloseRange((uint)call.First, (uint)call.Second, (uint)call.Third),
            "CLOSE_RANGE_UNSHARE gives EINVAL"),
        Host("epoll_pwait2", 6, static (calls, in call) => calls.Epoll.WaitInNanoseconds(call)),
        HostPathAt("faccessat2", 4, static (calls, in call) => calls.Status.CheckAccess(call, call.Fd, call.Second, (int)call.Third, (int)call.Fourth)),
    ];

    // Served here.
    private static SyscallRow Host(string name, int arguments, SyscallHandler handler, string? missing = null) =>
        new(name, SyscallNames.NumberOf(name), arguments, missing) { Handler = handler };

    // Served here, and its first argument is a path.
    private static SyscallRow HostPath(string name, int arguments, SyscallHandler handler, string? missing = null) =>
        Host(name, arguments, handler, missing) with { PathArgument = 1 };

    // Served here, and its second argument is a path, mostly below the directory that is its first.
    private static SyscallRow HostPathAt(string name, int arguments, SyscallHandler handler, string? missing = null) =>
        Host(name, arguments, handler, missing) with { PathArgument = 2 };

    // Served by the guest's own kernel; it never comes here.
    private static SyscallRow Kernel(string name, int arguments, string? missing = null) =>
        new(name, SyscallNames.NumberOf(name), arguments, missing);
}
