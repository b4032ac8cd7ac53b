namespace KvmActors.Linux.Hypercalls;

/// <summary>
/// The ports of the hypercall ABI. The guests' copy, with what each call takes, is <c>guest/include/hypercall.h</c>; a test
/// compares the two.
/// </summary>
public enum HypercallPort : ushort
{
    /// <summary>Opens a file for reading.</summary>
    Open = 0x8000,

    /// <summary>Reads from a file.</summary>
    Read = 0x8001,

    /// <summary>Writes to a file.</summary>
    Write = 0x8002,

    /// <summary>Closes a file.</summary>
    Close = 0x8003,

    /// <summary>Moves a file's position.</summary>
    Lseek = 0x8004,

    /// <summary>Stops this vCPU with a status.</summary>
    Exit = 0x8005,

    /// <summary>A user program's Linux system call, forwarded as it came.</summary>
    Syscall = 0x8010,

    /// <summary>Reads from a file at an offset.</summary>
    Pread = 0x8011,

    /// <summary>Reads from a file at an offset into several buffers.</summary>
    Preadv = 0x8012,

    /// <summary>Makes guest memory zero.</summary>
    Zero = 0x8013,

    /// <summary>Ends the VM because its program was killed by a signal.</summary>
    Killed = 0x8014,

    /// <summary>Fills words of guest memory that are zero.</summary>
    Fill = 0x8015,

    /// <summary>Finds runs of words of guest memory that are not zero.</summary>
    Runs = 0x8016,

    /// <summary>Says that the guest kernel is about to run its program.</summary>
    Ready = 0x8017,

    /// <summary>Shows the program that is about to be killed.</summary>
    Context = 0x8018,

    /// <summary>Stops this vCPU with a status and the reason why no program was started.</summary>
    Refused = 0x8019,

    /// <summary>Tells of a system call that the guest's kernel is about to serve.</summary>
    Entered = 0x801A,

    /// <summary>Tells of its result.</summary>
    Returned = 0x801B,

    /// <summary>Fills guest memory with random bytes.</summary>
    Random = 0x801C,

    /// <summary>Starts another vCPU.</summary>
    Start = 0x801D,

    /// <summary>Has this vCPU execute nothing until it is started again.</summary>
    Park = 0x801E,

    /// <summary>Ends the VM with its program's status.</summary>
    ExitGroup = 0x801F,

    /// <summary>Has a vCPU look what there is for it.</summary>
    Notify = 0x8020,

    /// <summary>Has the other vCPUs forget translations of addresses.</summary>
    Flush = 0x8021,

    /// <summary>Lets others have the processor.</summary>
    Yield = 0x8022,

    /// <summary>Shows a debugger a thread that has an exception or a signal.</summary>
    Trap = 0x8023,

    /// <summary>Opens a file so that its pages can be mapped shared.</summary>
    Share = 0x8030,

    /// <summary>Fills page table entries with such pages.</summary>
    ShareFill = 0x8031,

    /// <summary>Writes such pages to their file.</summary>
    ShareSync = 0x8032,

    /// <summary>Gives them up.</summary>
    Unshare = 0x8033,

    /// <summary>Ends the VM with a message.</summary>
    Panic = 0xFFFF,
}

/// <summary>Which ports are hypercalls, and how each returns its result.</summary>
public static class HypercallPorts
{
    private const ushort First = 0x8000;
    private const ushort FirstInRegister = 0x8010;
    private const ushort Last = 0x80FF;

    /// <summary>Whether a port belongs to the hypercall ABI, known call or not.</summary>
    public static bool IsHypercall(ushort port) => port is >= First and <= Last or (ushort)HypercallPort.Panic;

    /// <summary>Whether the result is in RAX when the <c>out</c> has completed; otherwise an <c>in</c> fetches it.</summary>
    public static bool ReturnsInRegister(ushort port) => port >= FirstInRegister;
}
