using KvmActors.Actors.Files;
using KvmActors.Actors.Output;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// Carries out a guest's file operations on its open files. Never throws for what a guest can influence. One operation at a
/// time: callers hold the <see cref="FileQueue"/>.
/// </summary>
internal sealed class FileService : IDisposable
{
    /// <summary>The most one transfer moves, as on Linux (MAX_RW_COUNT of <c>linux/fs.h</c>), in bytes.</summary>
    private const ulong MaxTransfer = 0x7FFF_F000;

    // Linux's open flags (asm-generic/fcntl.h) that would change a file.
    private const int AccessModeMask = 3, OCreat = 0x40, OTrunc = 0x200;

    private readonly GuestBuffers _buffers;
    private readonly FileNamespace _namespace;
    private readonly FileTable _files;
    private readonly byte[] _path = new byte[GuestPath.MaxBytes];
    private GuestIoVector? _pieces;

    /// <summary>Opens the guest's view of the host's files.</summary>
    /// <exception cref="IOException">A mapped host path cannot be opened.</exception>
    public FileService(GuestMemory memory, IReadOnlyList<FileMapping> mappings, FileLimits limits, GuestInput input, GuestConsole console)
    {
        _buffers = new GuestBuffers(memory);
        _namespace = new FileNamespace(mappings);
        _files = new FileTable(
            new ConsoleInput(input), new ConsoleOutput(console, GuestStream.Output), new ConsoleOutput(console, GuestStream.Error), limits.OpenFiles);
    }

    /// <summary>Does one operation.</summary>
    /// <returns>What the guest's call returns: a value from 0, or a negative errno.</returns>
    public long Execute(in FileRequest request) => request.Id switch
    {
        HypercallId.Open => Open(request),
        HypercallId.Close => _files.Close(request.Fd),
        HypercallId.Lseek => _files[request.Fd]?.Seek(request.Offset, request.Whence) ?? Errno.EBADF.ToResult(),
        HypercallId.Read or HypercallId.Write or HypercallId.Pread64 => Transfer(request),
        _ => Errno.ENOSYS.ToResult(),
    };

    /// <summary>Closes everything the guest has open.</summary>
    public void Dispose()
    {
        _files.Dispose();
        _namespace.Dispose();
    }

    private long Open(in FileRequest request)
    {
        var errno = _buffers.ReadPath(request.Space, request.Address, _path, out var length);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        if ((request.Flags & (AccessModeMask | OCreat | OTrunc)) != 0)
        {
            return Errno.EROFS.ToResult();
        }

        if (_files.IsFull)
        {
            return Errno.EMFILE.ToResult();
        }

        errno = _namespace.TryOpenRead(_path.AsSpan(0, length), out var file);
        return file is null ? errno.ToResult() : _files.Add(new ReadOnlyFile(file));
    }

    private long Transfer(in FileRequest request)
    {
        if (_files[request.Fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        if (!_buffers.IsPlausible(request.Space, request.Address, request.Count))
        {
            return Errno.EFAULT.ToResult();
        }

        if (request.Id == HypercallId.Pread64 && request.Offset < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var pieces = _pieces ??= new GuestIoVector();
        var remaining = Math.Min(request.Count, MaxTransfer);
        long total = 0;
        while (true)
        {
            _buffers.Map(request.Space, request.Address + (ulong)total, remaining, request.Id != HypercallId.Write, pieces);
            var mapped = pieces.TotalBytes;
            var moved = mapped == 0 && remaining > 0 ? Errno.EFAULT.ToResult() : Move(file, request, pieces, total);
            if (moved < 0)
            {
                return total > 0 ? total : moved;
            }

            total += moved;
            remaining -= (ulong)moved;
            if (remaining == 0 || (ulong)moved < mapped)
            {
                return total;
            }
        }
    }

    private static long Move(GuestFile file, in FileRequest request, GuestIoVector pieces, long done) => request.Id switch
    {
        HypercallId.Read => file.Read(pieces),
        HypercallId.Write => file.Write(pieces),
        _ => request.Offset > long.MaxValue - done ? Errno.EINVAL.ToResult() : file.ReadAt(pieces, request.Offset + done),
    };
}
