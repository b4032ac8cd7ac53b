using KvmActors.Actors.Output;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Files;

/// <summary>Something a guest has open. Operations answer as system calls do: a count, or a negative errno.</summary>
internal abstract class GuestFile : IDisposable
{
    public virtual long Read(GuestIoVector target) => Errno.EBADF.ToResult();

    public virtual long ReadAt(GuestIoVector target, long offset) => Errno.ESPIPE.ToResult();

    public virtual long Write(GuestIoVector source) => Errno.EBADF.ToResult();

    public virtual long Seek(long offset, int whence) => Errno.ESPIPE.ToResult();

    public virtual void Dispose()
    {
    }
}

/// <summary>A host file opened for reading.</summary>
internal sealed class ReadOnlyFile(HostFile file) : GuestFile
{
    public override long Read(GuestIoVector target) => file.Read(target);

    public override long ReadAt(GuestIoVector target, long offset) => file.ReadAt(target, offset);

    public override long Seek(long offset, int whence) => file.Seek(offset, whence);

    public override void Dispose()
    {
        file.Dispose();
        base.Dispose();
    }
}

/// <summary>Standard input.</summary>
internal sealed class ConsoleInput(GuestInput input) : GuestFile
{
    public override long Read(GuestIoVector target)
    {
        long total = 0;
        for (var index = 0; index < target.Count; index++)
        {
            total += input.Take(target.GetPiece(index));
        }

        return total;
    }
}

/// <summary>Standard output or standard error.</summary>
internal sealed class ConsoleOutput(GuestConsole console, GuestStream stream) : GuestFile
{
    public override long Write(GuestIoVector source)
    {
        long total = 0;
        for (var index = 0; index < source.Count; index++)
        {
            var written = console.Write(stream, source.GetPiece(index));
            if (written < 0)
            {
                return total > 0 ? total : written;
            }

            total += written;
        }

        return total;
    }
}
