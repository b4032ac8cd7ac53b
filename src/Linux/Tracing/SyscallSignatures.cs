using System.Globalization;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Tracing;

/// <summary>One argument of a system call.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Which argument says how long it is, from 1; 0 for none.</param>
/// <param name="Set">The set of names it is shown by; empty for none.</param>
internal readonly record struct Argument(ArgumentKind Kind, int Length, string Set);

/// <summary>What the arguments of system calls are, as section 2 of the manual has them.</summary>
internal static class SyscallSignatures
{
    /// <summary>Those whose result is an address.</summary>
    private const string Addresses = " mmap mremap brk shmat ";

    // name: kind[:argument with its length | set of names] …
    private const string Text = """
        read: fd out size
        write: fd in:3 size
        open: path flags:open mode
        close: fd
        stat: path stat
        fstat: fd stat
        lstat: path stat
        poll: pollfds:2 uint int
        lseek: fd size name:whence
        mmap: ptr size flags:prot flags:mmap fd ptr
        mprotect: ptr size flags:prot
        munmap: ptr size
        brk: ptr
        rt_sigaction: sig sigact ptr size
        rt_sigprocmask: name:sigmask sigset sigsetout size
        rt_sigreturn:
        ioctl: fd name:ioctl ptr
        pread64: fd out size size
        pwrite64: fd in:3 size size
        readv: fd iovout:3 int
        writev: fd iovin:3 int
        access: path flags:access
        pipe: fdpair
        select: int ptr ptr ptr ptr
        sched_yield:
        mremap: ptr size size flags:mremap ptr
        msync: ptr size flags:msync
        mincore: ptr size ptr
        madvise: ptr size name:madvise
        dup: fd
        dup2: fd fd
        pause:
        nanosleep: ts ptr
        getitimer: int ptr
        alarm: uint
        getpid:
        sendfile: fd fd ptr size
        getsockname: fd ptr ptr
        getpeername: fd ptr ptr
        setsockopt: fd int int ptr size
        getsockopt: fd int int ptr ptr
        socket: name:family int int
        connect: fd ptr int
        bind: fd ptr int
        listen: fd int
        accept: fd ptr ptr
        socketpair: name:family int int ptr
        clone: flags:clone ptr ptr ptr ptr
        fork:
        vfork:
        execve: path ptr ptr
        exit: int
        wait4: int ptr int ptr
        kill: int sig
        uname: uname
        fcntl: fd name:fcntl ptr
        flock: fd flags:flock
        fsync: fd
        fdatasync: fd
        truncate: path size
        ftruncate: fd size
        getdents: fd ptr size
        getcwd: out size
        chdir: path
        fchdir: fd
        rename: path path
        mkdir: path mode
        rmdir: path
        creat: path mode
        link: path path
        unlink: path
        symlink: path path
        readlink: path out size
        chmod: path mode
        fchmod: fd mode
        chown: path int int
        fchown: fd int int
        lchown: path int int
        umask: mode
        gettimeofday: tvout ptr
        getrlimit: name:resource rlimout
        getrusage: name:rusage ptr
        sysinfo: ptr
        times: ptr
        ptrace: int int ptr ptr
        getuid:
        getgid:
        setuid: int
        setgid: int
        geteuid:
        getegid:
        setpgid: int int
        getppid:
        setreuid: int int
        setregid: int int
        getgroups: int ptr
        setgroups: int ptr
        setresuid: int int int
        getresuid: ptr ptr ptr
        setresgid: int int int
        getresgid: ptr ptr ptr
        setfsuid: int
        setfsgid: int
        capget: ptr ptr
        capset: ptr ptr
        personality: ptr
        getpriority: name:priority int
        setpriority: name:priority int int
        sched_setparam: int ptr
        sched_getparam: int ptr
        sched_setscheduler: int name:scheduler ptr
        sched_getscheduler: int
        sched_get_priority_max: name:scheduler
        sched_get_priority_min: name:scheduler
        sched_rr_get_interval: int ptr
        mlock: ptr size
        munlock: ptr size
        mlockall: flags:mlockall
        munlockall:
        getpgrp:
        setsid:
        getpgid: int
        getsid: int
        rt_sigpending: sigsetout size
        rt_sigtimedwait: sigset ptr ts size
        rt_sigqueueinfo: int sig ptr
        rt_sigsuspend: sigset size
        sigaltstack: ptr ptr
        utime: path ptr
        mknod: path mode ptr
        statfs: path ptr
        fstatfs: fd ptr
        prctl: name:prctl ptr ptr ptr ptr
        arch_prctl: name:arch ptr
        setrlimit: name:resource rlim
        chroot: path
        sync:
        settimeofday: ptr ptr
        gettid:
        readahead: fd size size
        setxattr: path str ptr size int
        lsetxattr: path str ptr size int
        fsetxattr: fd str ptr size int
        getxattr: path str ptr size
        lgetxattr: path str ptr size
        fgetxattr: fd str ptr size
        listxattr: path ptr size
        llistxattr: path ptr size
        flistxattr: fd ptr size
        removexattr: path str
        lremovexattr: path str
        fremovexattr: fd str
        tkill: int sig
        time: ptr
        futex: ptr name:futex uint ptr ptr uint
        sched_setaffinity: int size ptr
        sched_getaffinity: int size ptr
        epoll_create: int
        getdents64: fd ptr size
        set_tid_address: ptr
        fadvise64: fd size size int
        clock_settime: name:clock ts
        clock_gettime: name:clock tsout
        clock_getres: name:clock tsout
        clock_nanosleep: name:clock flags:timer ts ptr
        exit_group: int
        epoll_wait: fd epollevents int int
        epoll_ctl: fd name:epoll fd epollevent
        tgkill: int int sig
        utimes: path ptr
        openat: dirfd path flags:open mode
        mkdirat: dirfd path mode
        mknodat: dirfd path mode ptr
        fchownat: dirfd path int int flags:at
        futimesat: dirfd path ptr
        newfstatat: dirfd path stat flags:at
        unlinkat: dirfd path flags:unlinkat
        renameat: dirfd path dirfd path
        linkat: dirfd path dirfd path flags:at
        symlinkat: path dirfd path
        readlinkat: dirfd path out size
        fchmodat: dirfd path mode
        faccessat: dirfd path flags:access
        pselect6: int ptr ptr ptr ts ptr
        ppoll: pollfds:2 uint ts ptr size
        set_robust_list: ptr size
        get_robust_list: int ptr ptr
        utimensat: dirfd path ptr flags:at
        epoll_pwait: fd epollevents int int sigset size
        timerfd_create: name:clock flags:timerfd
        eventfd: uint
        fallocate: fd flags:fallocate size size
        accept4: fd ptr ptr int
        timerfd_settime: fd flags:timerset timerspec timerspecout
        timerfd_gettime: fd timerspecout
        eventfd2: uint flags:eventfd
        epoll_create1: flags:epollcreate
        dup3: fd fd flags:pipe
        pipe2: fdpair flags:pipe
        inotify_init1: int
        preadv: fd iovout:3 int size ptr
        pwritev: fd iovin:3 int size ptr
        rt_tgsigqueueinfo: int int sig ptr
        prlimit64: int name:resource rlim rlimout
        syncfs: fd
        getcpu: ptr ptr ptr
        renameat2: dirfd path dirfd path flags:rename
        getrandom: out size flags:random
        memfd_create: str int
        membarrier: int uint int
        mlock2: ptr size uint
        execveat: dirfd path ptr ptr flags:at
        copy_file_range: fd ptr fd ptr size int
        preadv2: fd iovout:3 int size ptr int
        pwritev2: fd iovin:3 int size ptr int
        statx: dirfd path flags:at flags:statx statx
        rseq: ptr uint int uint
        clone3: ptr size
        close_range: uint uint int
        openat2: dirfd path ptr size
        faccessat2: dirfd path flags:access flags:at
        epoll_pwait2: fd epollevents int ts sigset size
        """;

    private static readonly Dictionary<int, Argument[]> ByNumber = Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2))
        .ToDictionary(row => SyscallNames.NumberOf(row[0].Trim()), row => row[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Read).ToArray());

    // What is not listed has six arguments, as far as anybody can tell.
    private static readonly Argument[] Unknown = [.. Enumerable.Repeat(new Argument(ArgumentKind.Ptr, 0, ""), 6)];

    /// <summary>The numbers that are listed.</summary>
    public static IEnumerable<int> Numbers => ByNumber.Keys;

    /// <summary>The arguments of a call.</summary>
    public static ReadOnlySpan<Argument> Of(int number) => ByNumber.GetValueOrDefault(number, Unknown);

    /// <summary>Whether a call's result is an address.</summary>
    public static bool ReturnsAddress(string name) => Addresses.Contains($" {name} ", StringComparison.Ordinal);

    private static Argument Read(string word)
    {
        var parts = word.Split(':');
        var kind = Enum.Parse<ArgumentKind>(parts[0], ignoreCase: true);
        return parts.Length == 1 ? new Argument(kind, 0, "")
            : int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? new Argument(kind, length, "")
            : FlagNames.Has(parts[1]) ? new Argument(kind, 0, parts[1])
            : throw new InvalidOperationException($"There are no names {parts[1]}.");
    }
}
