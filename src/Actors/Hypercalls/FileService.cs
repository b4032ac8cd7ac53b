using KvmActors.Actors.Files;
using KvmActors.Actors.Hypercalls.Syscalls;
using KvmActors.Actors.Output;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// Carries out a guest's calls on what its program has at the host. Never throws for what a guest can influence. One call at a
/// time: callers hold the <see cref="FileQueue"/>.
/// </summary>
internal sealed class FileService : IDisposable
{
    private readonly SyscallContext _context;
    private readonly TransferCalls _transfers;
    private readonly FileCalls _files;
    private readonly StatusCalls _status;
    private readonly PathCalls _paths;
    private readonly AttributeCalls _attributes;
    private readonly DescriptorCalls _descriptors;
    private readonly PollCalls _polls;
    private readonly TimeCalls _times;
    private readonly SystemCalls _system;
    private readonly FileNamespace? _owned;

    /// <summary>Opens the guest's view of the host's files; closed with this.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="mappings">What it sees of the host's files.</param>
    /// <param name="limits">How much it may use.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="console">Its standard output and error.</param>
    /// <param name="program">The path of its program, which <c>/proc/self/exe</c> leads to; null for none.</param>
    /// <exception cref="IOException">A mapped host path cannot be opened.</exception>
    public FileService(
        GuestMemory memory, IReadOnlyList<FileMapping> mappings, FileLimits limits, GuestInput input, GuestConsole console, string? program = null)
        : this(memory, FileNamespace.Open(mappings, program), limits, input, console) => _owned = _context.Namespace;

    /// <summary>Serves a guest that has nothing open yet.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="names">What it sees of the host's files; it outlives this.</param>
    /// <param name="limits">How much it may use.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="console">Its standard output and error.</param>
    /// <param name="liveInput">Its standard input, where that is not known beforehand; otherwise null.</param>
    public FileService(
        GuestMemory memory, FileNamespace names, FileLimits limits, GuestInput input, GuestConsole console, GuestFile? liveInput = null)
    {
        var table = new FileTable(
            liveInput ?? new ConsoleInput(input, console.TerminalOf(GuestStream.Input)),
            new ConsoleOutput(console, GuestStream.Output),
            new ConsoleOutput(console, GuestStream.Error),
            limits.OpenFiles);
        _context = new SyscallContext(new GuestBuffers(memory), names, table, console.Budget, memory.TotalBytes);
        _transfers = new TransferCalls(_context);
        _files = new FileCalls(_context);
        _status = new StatusCalls(_context);
        _paths = new PathCalls(_context);
        _attributes = new AttributeCalls(_context);
        _descriptors = new DescriptorCalls(_context);
        _polls = new PollCalls(_context);
        _times = new TimeCalls(_context);
        _system = new SystemCalls(_context);
    }

    /// <summary>Does one call, but for the time it may have to wait.</summary>
    public FileOutcome Serve(in FileRequest request)
    {
        var result = Execute(request);
        return result == Errno.EFAULT.ToResult() && _context.Buffers.Fault is { } fault
            ? new FileOutcome(result, Fault: fault)
            : new FileOutcome(result, result == 0 ? _context.Sleep : 0);
    }

    /// <summary>Does one call.</summary>
    /// <returns>What the guest's call returns: a value from 0, or a negative errno.</returns>
    public long Execute(in FileRequest request)
    {
        _context.Buffers.Begin();
        _context.Sleep = 0;
        return SyscallTable.ServerOf(request.Id) switch
        {
            SyscallServer.Transfers => _transfers.Execute(request),
            SyscallServer.Files => _files.Execute(request),
            SyscallServer.Status => _status.Execute(request),
            SyscallServer.Paths => _paths.Execute(request),
            SyscallServer.Attributes => _attributes.Execute(request),
            SyscallServer.Descriptors => _descriptors.Execute(request),
            SyscallServer.Polling => _polls.Execute(request),
            SyscallServer.Time => _times.Execute(request),
            SyscallServer.System => _system.Execute(request),
            _ => Errno.ENOSYS.ToResult(),
        };
    }

    /// <summary>Whether the guest has nothing open but its standard streams, and has written nothing.</summary>
    public bool IsUntouched => _context.Table.Files.Count() == FileTable.StandardStreams && _context.Budget.IsUntouched;

    /// <summary>Closes everything the guest has open.</summary>
    public void Dispose()
    {
        _context.Dispose();
        _owned?.Dispose();
    }
}
