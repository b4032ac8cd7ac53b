namespace KvmActors.Linux.Tracing;

/// <summary>What an argument of a system call is, and so how it is shown. Names are those of <see cref="SyscallSignatures"/>, in lower case.</summary>
internal enum ArgumentKind
{
    /// <summary>An address, or anything without a better name: hexadecimal, and NULL for 0.</summary>
    Ptr,

    /// <summary>A signed int.</summary>
    Int,

    /// <summary>An unsigned int.</summary>
    Uint,

    /// <summary>A size or an offset of 64 bits, signed.</summary>
    Size,

    /// <summary>A descriptor.</summary>
    Fd,

    /// <summary>A directory's descriptor, or AT_FDCWD.</summary>
    Dirfd,

    /// <summary>A path, whole.</summary>
    Path,

    /// <summary>Any other string, bounded.</summary>
    Str,

    /// <summary>A buffer that the call reads; as long as another argument says.</summary>
    In,

    /// <summary>A buffer that the call fills; as long as its result says.</summary>
    Out,

    /// <summary>Buffers that the call reads: struct iovec; as many as another argument says.</summary>
    Iovin,

    /// <summary>Buffers that the call fills.</summary>
    Iovout,

    /// <summary>Permissions, octal.</summary>
    Mode,

    /// <summary>struct stat, filled.</summary>
    Stat,

    /// <summary>struct statx, filled.</summary>
    Statx,

    /// <summary>struct timespec, read.</summary>
    Ts,

    /// <summary>struct timespec, filled.</summary>
    Tsout,

    /// <summary>struct timeval, filled.</summary>
    Tvout,

    /// <summary>Two descriptors, filled.</summary>
    Fdpair,

    /// <summary>A set of signals, read.</summary>
    Sigset,

    /// <summary>A set of signals, filled.</summary>
    Sigsetout,

    /// <summary>struct sigaction, read.</summary>
    Sigact,

    /// <summary>A signal.</summary>
    Sig,

    /// <summary>struct pollfd; as many as another argument says.</summary>
    Pollfds,

    /// <summary>struct epoll_event, read.</summary>
    Epollevent,

    /// <summary>struct epoll_event, filled; as many as the result says.</summary>
    Epollevents,

    /// <summary>struct itimerspec, read.</summary>
    Timerspec,

    /// <summary>struct itimerspec, filled.</summary>
    Timerspecout,

    /// <summary>struct rlimit, read.</summary>
    Rlim,

    /// <summary>struct rlimit, filled.</summary>
    Rlimout,

    /// <summary>struct utsname, filled.</summary>
    Uname,

    /// <summary>Flags by name; which, says the signature.</summary>
    Flags,

    /// <summary>One of a set of names; which, says the signature.</summary>
    Name,
}
