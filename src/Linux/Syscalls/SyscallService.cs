using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// Carries out a guest's system calls on what its program has at the host. Never throws for what a guest can influence. One call
/// at a time: callers hold the <see cref="SyscallGate"/>.
/// </summary>
public sealed class SyscallService : IDisposable
{
    private readonly SyscallContext _context;
    private readonly FileNamespace? _owned;
    private readonly WriterDelay _delay = new();

    private SyscallService(
        GuestMemory memory, FileNamespace names, FileQuotas quotas, GuestStreams streams, bool ownsNames, VirtualClock? clock = null, GuestRandom? random = null,
        VcpuPool? vcpus = null)
    {
        var table = TableFor(quotas, streams);
        _context = new SyscallContext(new GuestBuffers(memory), names, table, quotas, memory.TotalBytes, clock, random ?? new GuestRandom(),
            vcpus ?? new VcpuPool());
        _owned = ownsNames ? names : null;
        names.Begin(quotas);
        Clock = new ClockPage(memory, clock);
        names.IsStopped = () => _context.IsStopped;
        names.IsOpen = fd => _context.Table[fd] is not null;
        names.FindProgram = () => ProgramInfo.Read(memory).ReadPath(memory);
        Transfers = new TransferCalls(_context);
        SendFile = new SendFileCall(_context);
        Files = new FileCalls(_context);
        Status = new StatusCalls(_context);
        Directories = new DirectoryCalls(_context);
        Open = new OpenCalls(_context);
        Paths = new PathCalls(_context);
        Attributes = new AttributeCalls(_context);
        FileTimes = new FileTimeCalls(_context);
        ExtendedAttributes = new ExtendedAttributeCalls(_context);
        Descriptors = new DescriptorCalls(_context);
        Polling = new PollCalls(_context);
        Epoll = new EpollCalls(_context);
        Events = new EventCalls(_context);
        Futexes = new FutexCalls(_context);
        Time = new TimeCalls(_context);
        System = new SystemCalls(_context);
        Identity = new IdentityCalls(_context);
        Scheduling = new SchedulingCalls(_context);
        Affinity = new AffinityCalls(_context);
        SharedMappings = new SharedMappingCalls(_context);
    }

    /// <summary>Whether the guest has nothing open but its standard streams, and has written nothing.</summary>
    public bool IsUntouched => _context.Table.Files.Count() == FileTable.StandardStreams && _context.Budget.IsUntouched;

    /// <summary>Whether all that the guest has at the host is as it was at its beginning, but for its standard streams.</summary>
    public bool IsAsNew => _context.IsAsNew;

    /// <summary>What the guest has used of its files.</summary>
    public FileQuotas Quotas => _context.Budget;

    internal ClockPage Clock { get; }

    internal TransferCalls Transfers { get; }

    internal SendFileCall SendFile { get; }

    internal FileCalls Files { get; }

    internal StatusCalls Status { get; }

    internal DirectoryCalls Directories { get; }

    internal OpenCalls Open { get; }

    internal PathCalls Paths { get; }

    internal AttributeCalls Attributes { get; }

    internal FileTimeCalls FileTimes { get; }

    internal ExtendedAttributeCalls ExtendedAttributes { get; }

    internal DescriptorCalls Descriptors { get; }

    internal PollCalls Polling { get; }

    internal EpollCalls Epoll { get; }

    internal EventCalls Events { get; }

    internal FutexCalls Futexes { get; }

    internal TimeCalls Time { get; }

    internal SystemCalls System { get; }

    internal IdentityCalls Identity { get; }

    internal SchedulingCalls Scheduling { get; }

    internal AffinityCalls Affinity { get; }

    internal SharedMappingCalls SharedMappings { get; }

    /// <summary>Serves a guest that has nothing open yet but its standard streams.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="names">What it sees of the host's files; it outlives this.</param>
    /// <param name="quotas">How much it may use.</param>
    /// <param name="input">Its standard input; null for the process's own.</param>
    /// <param name="console">Its standard output and error.</param>
    /// <param name="clock">Its time; null for the host's.</param>
    /// <param name="random">Its random numbers; null for the host's.</param>
    /// <param name="directory">The directory it begins in, absolute.</param>
    /// <param name="vcpus">Its VM's vCPUs, which can be woken; null for none.</param>
    /// <param name="stream">Its standard input where that comes little by little; null for <paramref name="input"/>.</param>
    public static SyscallService For(
        GuestMemory memory, FileNamespace names, FileQuotas quotas, GuestInput? input, GuestConsole console, VirtualClock? clock = null, GuestRandom? random = null,
        string directory = "/", VcpuPool? vcpus = null, StreamBuffer? stream = null)
    {
        var service = new SyscallService(memory, names, quotas, new GuestStreams(input, console) { Stream = stream }, ownsNames: false, clock, random, vcpus);
        service._context.Begin(GuestPath.Absolute(directory));
        return service;
    }

    /// <summary>Opens a guest's view of the host's files, closed with this, and serves it.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="mappings">What it sees of the host's files.</param>
    /// <param name="limits">How much it may use.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="console">Its standard output and error.</param>
    /// <param name="program">The path of its program, which <c>/proc/self/exe</c> leads to; null for none.</param>
    /// <exception cref="IOException">A mapped host path cannot be opened.</exception>
    public static SyscallService OpenFor(
        GuestMemory memory, IReadOnlyList<FileMapping> mappings, FileLimits limits, GuestInput input, GuestConsole console, string? program = null) =>
        new(memory, FileNamespace.Open(mappings, program), new FileQuotas(limits, console.Budget), new GuestStreams(input, console), ownsNames: true);

    /// <summary>Does one call, but for the time it may have to wait.</summary>
    /// <param name="call">The call.</param>
    /// <param name="stop">Cuts a long one short; null for nothing.</param>
    public CallOutcome Serve(in GuestCall call, VmStopSignal? stop = null)
    {
        _context.BeginCall(call, stop);
        _delay.Nanoseconds = 0;
        var result = SharedMappingCalls.Has(call) ? SharedMappings.Serve(call)
            : SyscallTable.Find(call.Number) is { } row ? row.Handler!(this, call) : Errno.ENOSYS.ToResult();
        if (_delay.Nanoseconds > 0)
        {
            _context.Throttle(_delay.Nanoseconds);
        }

        _context.EndCall();
        return result == Errno.EFAULT.ToResult() && _context.Buffers.Fault is { } fault
            ? new CallOutcome(result, Fault: fault)
            : new CallOutcome(result, _context.Wait, _context.IsRetried);
    }

    /// <summary>Brings what the guest wrote to mapped files into them. Its memory must still be as it left it.</summary>
    public void CloseMappings() => _context.Shared.WriteBackAndForget();

    /// <summary>Closes everything the guest has open.</summary>
    public void Dispose()
    {
        _context.Dispose();
        _owned?.Dispose();
    }

    private FileTable TableFor(FileQuotas quotas, GuestStreams streams)
    {
        var terminal = streams.Console.TerminalOf(GuestStream.Input);
        return new FileTable(
            (streams.Stream is { } stream ? new GuestStreamReader(stream, OpenFlags.ReadOnly)
                : streams.Input is null ? new LiveInput(terminal) : new ConsoleInput(streams.Input, terminal),
                new ConsoleOutput(streams.Console, GuestStream.Output, _delay),
                new ConsoleOutput(streams.Console, GuestStream.Error, _delay)),
            quotas.MaxOpenFiles,
            quotas.OpenFiles,
            quotas.FirstDescriptorLimit);
    }

    // Where the guest's standard streams come from and go to; without input, it is the process's own.
    private sealed record GuestStreams(GuestInput? Input, GuestConsole Console)
    {
        public StreamBuffer? Stream { get; init; }
    }
}
