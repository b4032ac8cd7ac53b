namespace KvmActors.Linux.Calls;

/// <summary>
/// What a guest asked for, however it asked: the rows of the hypercall statistics. A system call's value is Linux's number for
/// x86-64 (<c>asm/unistd_64.h</c>), and <c>SyscallTable</c> says how each is served. A call needs a name here only where code
/// names it.
/// </summary>
public enum CallNumber
{
    /// <summary>Reads from a file.</summary>
    Read = 0,

    /// <summary>Writes to a file.</summary>
    Write = 1,

    /// <summary>Opens a file.</summary>
    Open = 2,

    /// <summary>Closes a file.</summary>
    Close = 3,

    /// <summary>Reads a file's status.</summary>
    Stat = 4,

    /// <summary>Reads an open file's status.</summary>
    Fstat = 5,

    /// <summary>Reads a link's status.</summary>
    Lstat = 6,

    /// <summary>Waits for files.</summary>
    Poll = 7,

    /// <summary>Moves a file's position.</summary>
    Lseek = 8,

    /// <summary>Controls a device.</summary>
    Ioctl = 16,

    /// <summary>Reads from a file at an offset.</summary>
    Pread64 = 17,

    /// <summary>Writes to a file at an offset.</summary>
    Pwrite64 = 18,

    /// <summary>Reads into several buffers.</summary>
    Readv = 19,

    /// <summary>Writes several buffers.</summary>
    Writev = 20,

    /// <summary>Checks a file's permissions.</summary>
    Access = 21,

    /// <summary>Makes a pipe.</summary>
    Pipe = 22,

    /// <summary>Waits for sets of files.</summary>
    Select = 23,

    /// <summary>Gives a file another descriptor.</summary>
    Dup = 32,

    /// <summary>Gives a file a certain descriptor.</summary>
    Dup2 = 33,

    /// <summary>Waits.</summary>
    Nanosleep = 35,

    /// <summary>Copies from one file to another.</summary>
    Sendfile = 40,

    /// <summary>Names the system.</summary>
    Uname = 63,

    /// <summary>Changes a descriptor.</summary>
    Fcntl = 72,

    /// <summary>Locks a file.</summary>
    Flock = 73,

    /// <summary>Writes a file to its disk.</summary>
    Fsync = 74,

    /// <summary>Writes a file's data to its disk.</summary>
    Fdatasync = 75,

    /// <summary>Cuts or extends a file.</summary>
    Truncate = 76,

    /// <summary>Cuts or extends an open file.</summary>
    Ftruncate = 77,

    /// <summary>Reads the current directory.</summary>
    Getcwd = 79,

    /// <summary>Changes the current directory.</summary>
    Chdir = 80,

    /// <summary>Changes the current directory to an open one.</summary>
    Fchdir = 81,

    /// <summary>Renames a file.</summary>
    Rename = 82,

    /// <summary>Makes a directory.</summary>
    Mkdir = 83,

    /// <summary>Removes a directory.</summary>
    Rmdir = 84,

    /// <summary>Gives a file another name.</summary>
    Link = 86,

    /// <summary>Removes a file.</summary>
    Unlink = 87,

    /// <summary>Makes a symbolic link.</summary>
    Symlink = 88,

    /// <summary>Reads a symbolic link.</summary>
    Readlink = 89,

    /// <summary>Changes a file's permissions.</summary>
    Chmod = 90,

    /// <summary>Changes an open file's permissions.</summary>
    Fchmod = 91,

    /// <summary>Changes a file's owner.</summary>
    Chown = 92,

    /// <summary>Changes an open file's owner.</summary>
    Fchown = 93,

    /// <summary>Changes a link's owner.</summary>
    Lchown = 94,

    /// <summary>Sets the permission bits that new files lack.</summary>
    Umask = 95,

    /// <summary>Reads the time of day.</summary>
    Gettimeofday = 96,

    /// <summary>Reads a limit.</summary>
    Getrlimit = 97,

    /// <summary>Reads what was used.</summary>
    Getrusage = 98,

    /// <summary>Reads what the system has.</summary>
    Sysinfo = 99,

    /// <summary>Reads the time used.</summary>
    Times = 100,

    /// <summary>Sets a file's times in seconds.</summary>
    Utime = 132,

    /// <summary>Makes a device node.</summary>
    Mknod = 133,

    /// <summary>Reads the status of a file system.</summary>
    Statfs = 137,

    /// <summary>Reads the status of an open file's file system.</summary>
    Fstatfs = 138,

    /// <summary>Sets a limit.</summary>
    Setrlimit = 160,

    /// <summary>Reads a file ahead.</summary>
    Readahead = 187,

    /// <summary>Reads the time of day in seconds.</summary>
    Time = 201,

    /// <summary>Waits for a word of memory, and wakes those that do.</summary>
    Futex = 202,

    /// <summary>Reads where the program may run.</summary>
    SchedGetaffinity = 204,

    /// <summary>Makes an epoll file of a size.</summary>
    EpollCreate = 213,

    /// <summary>Reads a directory's entries.</summary>
    Getdents64 = 217,

    /// <summary>Says how a file is going to be read.</summary>
    Fadvise64 = 221,

    /// <summary>Sets a clock.</summary>
    ClockSettime = 227,

    /// <summary>Reads a clock.</summary>
    ClockGettime = 228,

    /// <summary>Reads a clock's resolution.</summary>
    ClockGetres = 229,

    /// <summary>Waits by a clock.</summary>
    ClockNanosleep = 230,

    /// <summary>Waits for what an epoll file watches.</summary>
    EpollWait = 232,

    /// <summary>Says what an epoll file watches.</summary>
    EpollCtl = 233,

    /// <summary>Sets a file's times in microseconds.</summary>
    Utimes = 235,

    /// <summary>Opens a file, relative to a directory.</summary>
    Openat = 257,

    /// <summary>Makes a directory, relative to a directory.</summary>
    Mkdirat = 258,

    /// <summary>Changes a file's owner, relative to a directory.</summary>
    Fchownat = 260,

    /// <summary>Reads a file's status, relative to a directory.</summary>
    Newfstatat = 262,

    /// <summary>Removes a file or directory, relative to a directory.</summary>
    Unlinkat = 263,

    /// <summary>Renames a file, relative to directories.</summary>
    Renameat = 264,

    /// <summary>Gives a file another name, relative to directories.</summary>
    Linkat = 265,

    /// <summary>Reads a symbolic link, relative to a directory.</summary>
    Readlinkat = 267,

    /// <summary>Changes a file's permissions, relative to a directory.</summary>
    Fchmodat = 268,

    /// <summary>Checks a file's permissions, relative to a directory.</summary>
    Faccessat = 269,

    /// <summary>Waits for sets of files, with a signal mask.</summary>
    Pselect6 = 270,

    /// <summary>Waits for files, with a signal mask.</summary>
    Ppoll = 271,

    /// <summary>Sets a file's times in nanoseconds.</summary>
    Utimensat = 280,

    /// <summary>Waits for what an epoll file watches, with a signal mask.</summary>
    EpollPwait = 281,

    /// <summary>Makes a timer that is a file.</summary>
    TimerfdCreate = 283,

    /// <summary>Makes a counter that is a file.</summary>
    Eventfd = 284,

    /// <summary>Takes or gives back room for a part of a file.</summary>
    Fallocate = 285,

    /// <summary>Sets a timer that is a file.</summary>
    TimerfdSettime = 286,

    /// <summary>Reads a timer that is a file.</summary>
    TimerfdGettime = 287,

    /// <summary>Makes a counter that is a file, with flags.</summary>
    Eventfd2 = 290,

    /// <summary>Makes an epoll file, with flags.</summary>
    EpollCreate1 = 291,

    /// <summary>Gives a file a certain descriptor, with flags.</summary>
    Dup3 = 292,

    /// <summary>Makes a pipe, with flags.</summary>
    Pipe2 = 293,

    /// <summary>Reads into several buffers at an offset.</summary>
    Preadv = 295,

    /// <summary>Writes several buffers at an offset.</summary>
    Pwritev = 296,

    /// <summary>Reads and sets a limit.</summary>
    Prlimit64 = 302,

    /// <summary>Writes a file system to its disk.</summary>
    Syncfs = 306,

    /// <summary>Reads where the program runs.</summary>
    Getcpu = 309,

    /// <summary>Renames a file, with flags.</summary>
    Renameat2 = 316,

    /// <summary>Fills a buffer with random bytes.</summary>
    Getrandom = 318,

    /// <summary>Reads into several buffers, with flags.</summary>
    Preadv2 = 327,

    /// <summary>Writes several buffers, with flags.</summary>
    Pwritev2 = 328,

    /// <summary>Reads a file's extended status.</summary>
    Statx = 332,

    /// <summary>Closes a range of descriptors.</summary>
    CloseRange = 436,

    /// <summary>Checks a file's permissions, with flags.</summary>
    Faccessat2 = 439,

    /// <summary>Waits for what an epoll file watches, for nanoseconds.</summary>
    EpollPwait2 = 441,

    /// <summary>Makes guest memory zero.</summary>
    Zero = 512,

    /// <summary>Fills words of guest memory that are zero.</summary>
    Fill = 513,

    /// <summary>Finds runs of words of guest memory that are not zero.</summary>
    Runs = 514,

    /// <summary>The guest kernel is about to run its program.</summary>
    Ready = 515,

    /// <summary>Fills guest memory with random bytes.</summary>
    Random = 516,

    /// <summary>A number that means nothing to us.</summary>
    Unknown = 517,

    /// <summary>Opens a file so that its pages can be mapped shared.</summary>
    Share = 518,

    /// <summary>Fills page table entries with such pages.</summary>
    ShareFill = 519,

    /// <summary>Writes such pages to their file.</summary>
    ShareSync = 520,

    /// <summary>Gives them up.</summary>
    Unshare = 521,
}
