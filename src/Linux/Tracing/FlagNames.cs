using System.Globalization;

namespace KvmActors.Linux.Tracing;

/// <summary>The C names of flags and values, as the headers of Linux's x86-64 have them.</summary>
internal static class FlagNames
{
    // NAME=VALUE, separated by blanks; what comes first is tried first. Values that hold others, before those.
    private static readonly Dictionary<string, (ulong Value, string Name)[]> Sets = new(StringComparer.Ordinal)
    {
        // fcntl.h: the access mode is apart, see Describe.
        ["open"] = Parse("""
            O_CREAT=0x40 O_EXCL=0x80 O_NOCTTY=0x100 O_TRUNC=0x200 O_APPEND=0x400 O_NONBLOCK=0x800 O_SYNC=0x101000 O_DSYNC=0x1000
            O_DIRECT=0x4000 O_LARGEFILE=0x8000 O_TMPFILE=0x410000 O_DIRECTORY=0x10000 O_NOFOLLOW=0x20000 O_NOATIME=0x40000
            O_CLOEXEC=0x80000 O_PATH=0x200000
            """),
        ["prot"] = Parse("PROT_READ=1 PROT_WRITE=2 PROT_EXEC=4 PROT_GROWSDOWN=0x1000000"),
        ["mmap"] = Parse("""
            MAP_SHARED_VALIDATE=3 MAP_SHARED=1 MAP_PRIVATE=2 MAP_FIXED=0x10 MAP_ANONYMOUS=0x20 MAP_32BIT=0x40 MAP_GROWSDOWN=0x100
            MAP_DENYWRITE=0x800 MAP_LOCKED=0x2000 MAP_NORESERVE=0x4000 MAP_POPULATE=0x8000 MAP_STACK=0x20000
            MAP_HUGETLB=0x40000 MAP_FIXED_NOREPLACE=0x100000
            """),
        ["mremap"] = Parse("MREMAP_MAYMOVE=1 MREMAP_FIXED=2 MREMAP_DONTUNMAP=4"),
        ["at"] = Parse("AT_SYMLINK_NOFOLLOW=0x100 AT_EACCESS=0x200 AT_SYMLINK_FOLLOW=0x400 AT_NO_AUTOMOUNT=0x800 AT_EMPTY_PATH=0x1000 AT_STATX_FORCE_SYNC=0x2000 AT_STATX_DONT_SYNC=0x4000"),
        ["unlinkat"] = Parse("AT_REMOVEDIR=0x200"),
        ["access"] = Parse("R_OK=4 W_OK=2 X_OK=1"),
        ["random"] = Parse("GRND_NONBLOCK=1 GRND_RANDOM=2 GRND_INSECURE=4"),
        ["pipe"] = Parse("O_CLOEXEC=0x80000 O_NONBLOCK=0x800 O_DIRECT=0x4000"),
        ["sa"] = Parse("SA_NOCLDSTOP=1 SA_NOCLDWAIT=2 SA_SIGINFO=4 SA_RESTORER=0x4000000 SA_ONSTACK=0x8000000 SA_RESTART=0x10000000 SA_NODEFER=0x40000000 SA_RESETHAND=0x80000000"),
        ["poll"] = Parse("POLLIN=1 POLLPRI=2 POLLOUT=4 POLLERR=8 POLLHUP=0x10 POLLNVAL=0x20 POLLRDNORM=0x40 POLLWRNORM=0x100 POLLRDHUP=0x2000"),
        ["epollevents"] = Parse("""
            EPOLLIN=1 EPOLLPRI=2 EPOLLOUT=4 EPOLLERR=8 EPOLLHUP=0x10 EPOLLRDNORM=0x40 EPOLLRDBAND=0x80 EPOLLWRNORM=0x100 EPOLLWRBAND=0x200
            EPOLLMSG=0x400 EPOLLRDHUP=0x2000 EPOLLEXCLUSIVE=0x10000000 EPOLLWAKEUP=0x20000000 EPOLLONESHOT=0x40000000 EPOLLET=0x80000000
            """),
        ["epollcreate"] = Parse("EPOLL_CLOEXEC=0x80000"),
        ["eventfd"] = Parse("EFD_SEMAPHORE=1 EFD_CLOEXEC=0x80000 EFD_NONBLOCK=0x800"),
        ["timerfd"] = Parse("TFD_CLOEXEC=0x80000 TFD_NONBLOCK=0x800"),
        ["timerset"] = Parse("TFD_TIMER_ABSTIME=1 TFD_TIMER_CANCEL_ON_SET=2"),
        ["statx"] = Parse("STATX_ALL=0xfff STATX_BASIC_STATS=0x7ff STATX_TYPE=1 STATX_MODE=2 STATX_NLINK=4 STATX_UID=8 STATX_GID=0x10 STATX_ATIME=0x20 STATX_MTIME=0x40 STATX_CTIME=0x80 STATX_INO=0x100 STATX_SIZE=0x200 STATX_BLOCKS=0x400 STATX_BTIME=0x800"),
        ["rename"] = Parse("RENAME_NOREPLACE=1 RENAME_EXCHANGE=2 RENAME_WHITEOUT=4"),
        ["timer"] = Parse("TIMER_ABSTIME=1"),
        ["flock"] = Parse("LOCK_SH=1 LOCK_EX=2 LOCK_NB=4 LOCK_UN=8"),
        ["clone"] = Parse("""
            CLONE_VM=0x100 CLONE_FS=0x200 CLONE_FILES=0x400 CLONE_SIGHAND=0x800 CLONE_VFORK=0x4000 CLONE_PARENT=0x8000
            CLONE_THREAD=0x10000 CLONE_NEWNS=0x20000 CLONE_SYSVSEM=0x40000 CLONE_SETTLS=0x80000 CLONE_PARENT_SETTID=0x100000
            CLONE_CHILD_CLEARTID=0x200000 CLONE_DETACHED=0x400000 CLONE_CHILD_SETTID=0x1000000 SIGCHLD=17
            """),

        // Values.
        ["whence"] = Parse("SEEK_SET=0 SEEK_CUR=1 SEEK_END=2 SEEK_DATA=3 SEEK_HOLE=4"),
        ["clock"] = Parse("""
            CLOCK_REALTIME=0 CLOCK_MONOTONIC=1 CLOCK_PROCESS_CPUTIME_ID=2 CLOCK_THREAD_CPUTIME_ID=3 CLOCK_MONOTONIC_RAW=4
            CLOCK_REALTIME_COARSE=5 CLOCK_MONOTONIC_COARSE=6 CLOCK_BOOTTIME=7
            """),
        ["ioctl"] = Parse("TCGETS=0x5401 TCSETS=0x5402 TCSETSW=0x5403 TCSETSF=0x5404 TIOCGPGRP=0x540f TIOCSPGRP=0x5410 TIOCGWINSZ=0x5413 TIOCSWINSZ=0x5414 FIONREAD=0x541b FIONBIO=0x5421 FIONCLEX=0x5450 FIOCLEX=0x5451"),
        ["fcntl"] = Parse("F_DUPFD=0 F_GETFD=1 F_SETFD=2 F_GETFL=3 F_SETFL=4 F_GETLK=5 F_SETLK=6 F_SETLKW=7 F_SETOWN=8 F_GETOWN=9 F_DUPFD_CLOEXEC=1030 F_SETPIPE_SZ=1031 F_GETPIPE_SZ=1032"),
        ["resource"] = Parse("RLIMIT_CPU=0 RLIMIT_FSIZE=1 RLIMIT_DATA=2 RLIMIT_STACK=3 RLIMIT_CORE=4 RLIMIT_RSS=5 RLIMIT_NPROC=6 RLIMIT_NOFILE=7 RLIMIT_MEMLOCK=8 RLIMIT_AS=9 RLIMIT_LOCKS=10"),
        ["arch"] = Parse("ARCH_SET_GS=0x1001 ARCH_SET_FS=0x1002 ARCH_GET_FS=0x1003 ARCH_GET_GS=0x1004 ARCH_CET_STATUS=0x3001"),
        ["prctl"] = Parse("PR_SET_PDEATHSIG=1 PR_GET_PDEATHSIG=2 PR_GET_DUMPABLE=3 PR_SET_DUMPABLE=4 PR_GET_KEEPCAPS=7 PR_SET_KEEPCAPS=8 PR_SET_NAME=15 PR_GET_NAME=16 PR_GET_SECCOMP=21 PR_CAPBSET_READ=23 PR_CAPBSET_DROP=24 PR_SET_TIMERSLACK=29 PR_GET_TIMERSLACK=30 PR_SET_CHILD_SUBREAPER=36 PR_GET_CHILD_SUBREAPER=37 PR_SET_NO_NEW_PRIVS=38 PR_GET_NO_NEW_PRIVS=39 PR_SET_THP_DISABLE=41 PR_GET_THP_DISABLE=42 PR_CAP_AMBIENT=47 PR_SET_VMA=0x53564d41"),
        ["madvise"] = Parse("MADV_NORMAL=0 MADV_RANDOM=1 MADV_SEQUENTIAL=2 MADV_WILLNEED=3 MADV_DONTNEED=4 MADV_FREE=8 MADV_HUGEPAGE=14 MADV_NOHUGEPAGE=15 MADV_DONTDUMP=16"),
        ["msync"] = Parse("MS_ASYNC=1 MS_INVALIDATE=2 MS_SYNC=4"),
        ["mlockall"] = Parse("MCL_CURRENT=1 MCL_FUTURE=2 MCL_ONFAULT=4"),
        ["fallocate"] = Parse("FALLOC_FL_KEEP_SIZE=1 FALLOC_FL_PUNCH_HOLE=2 FALLOC_FL_COLLAPSE_RANGE=8 FALLOC_FL_ZERO_RANGE=0x10 FALLOC_FL_INSERT_RANGE=0x20"),
        ["priority"] = Parse("PRIO_PROCESS=0 PRIO_PGRP=1 PRIO_USER=2"),
        ["scheduler"] = Parse("SCHED_OTHER=0 SCHED_FIFO=1 SCHED_RR=2 SCHED_BATCH=3 SCHED_IDLE=5 SCHED_DEADLINE=6"),
        ["sigmask"] = Parse("SIG_BLOCK=0 SIG_UNBLOCK=1 SIG_SETMASK=2"),
        ["futex"] = Parse("""
            FUTEX_WAIT=0 FUTEX_WAKE=1 FUTEX_REQUEUE=3 FUTEX_CMP_REQUEUE=4 FUTEX_WAKE_OP=5 FUTEX_LOCK_PI=6 FUTEX_UNLOCK_PI=7
            FUTEX_TRYLOCK_PI=8 FUTEX_WAIT_BITSET=9 FUTEX_WAKE_BITSET=10 FUTEX_WAIT_REQUEUE_PI=11 FUTEX_CMP_REQUEUE_PI=12
            FUTEX_LOCK_PI2=13 FUTEX_WAIT_PRIVATE=128 FUTEX_WAKE_PRIVATE=129 FUTEX_REQUEUE_PRIVATE=131
            FUTEX_CMP_REQUEUE_PRIVATE=132 FUTEX_WAKE_OP_PRIVATE=133 FUTEX_LOCK_PI_PRIVATE=134 FUTEX_UNLOCK_PI_PRIVATE=135
            FUTEX_TRYLOCK_PI_PRIVATE=136 FUTEX_WAIT_BITSET_PRIVATE=137 FUTEX_WAKE_BITSET_PRIVATE=138
            FUTEX_WAIT_REQUEUE_PI_PRIVATE=139 FUTEX_CMP_REQUEUE_PI_PRIVATE=140 FUTEX_LOCK_PI2_PRIVATE=141
            FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME=265 FUTEX_WAIT_REQUEUE_PI|FUTEX_CLOCK_REALTIME=267
            FUTEX_LOCK_PI2|FUTEX_CLOCK_REALTIME=269 FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME=393
            FUTEX_WAIT_REQUEUE_PI_PRIVATE|FUTEX_CLOCK_REALTIME=395 FUTEX_LOCK_PI2_PRIVATE|FUTEX_CLOCK_REALTIME=397
            """),
        ["epoll"] = Parse("EPOLL_CTL_ADD=1 EPOLL_CTL_DEL=2 EPOLL_CTL_MOD=3"),
        ["family"] = Parse("AF_UNIX=1 AF_INET=2 AF_INET6=10 AF_NETLINK=16"),
        ["rusage"] = Parse("RUSAGE_SELF=0 RUSAGE_CHILDREN=0xffffffff"),
    };

    private static readonly string[] Signals = """
        0 SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM
        SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR
        SIGSYS
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether there is a set of that name.</summary>
    public static bool Has(string set) => Sets.ContainsKey(set);

    /// <summary>Flags by their names, with what has none in hexadecimal behind them: <c>O_RDONLY|O_CLOEXEC</c>.</summary>
    public static string Describe(string set, ulong value)
    {
        var words = new List<string>();
        var left = value;
        if (set == "open")
        {
            words.Add((value & 3) switch { 0 => "O_RDONLY", 1 => "O_WRONLY", 2 => "O_RDWR", _ => "O_ACCMODE" });
            left &= ~3UL;
        }

        foreach (var (flag, name) in Sets[set])
        {
            if (flag != 0 && (left & flag) == flag)
            {
                words.Add(name);
                left &= ~flag;
            }
        }

        if (left != 0 || words.Count == 0)
        {
            words.Add(words.Count == 0 && left == 0 ? NameOfNone(set) : string.Create(CultureInfo.InvariantCulture, $"0x{left:x}"));
        }

        return string.Join('|', words);
    }

    /// <summary>A value by its name; hexadecimal where it has none.</summary>
    public static string NameOf(string set, ulong value)
    {
        foreach (var (known, name) in Sets[set])
        {
            if (known == value)
            {
                return name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
    }

    /// <summary>A signal by its name.</summary>
    public static string Signal(ulong number) => number is > 0 && number < (ulong)Signals.Length ? Signals[(int)number]
        : number is >= 32 and <= 64 ? string.Create(CultureInfo.InvariantCulture, $"SIGRT_{number - 32}")
        : number.ToString(CultureInfo.InvariantCulture);

    private static string NameOfNone(string set) => set switch { "prot" => "PROT_NONE", "access" => "F_OK", _ => "0" };

    private static (ulong Value, string Name)[] Parse(string text) =>
    [
        .. text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=')).Select(pair => (
            pair[1].StartsWith("0x", StringComparison.Ordinal)
                ? ulong.Parse(pair[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                : ulong.Parse(pair[1], CultureInfo.InvariantCulture),
            pair[0])),
    ];
}
