using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Descriptors: closing and copying them, what they are set to, and pipes.</summary>
internal sealed class DescriptorCalls(SyscallContext context)
{
    private readonly TerminalCalls _terminals = new(context);

    // linux/close_range.h
    private const uint CloseRangeCloseOnExec = 4;

    public long Close(in GuestCall call) => context.Table.Close(call.Fd);

    public long CloseRange(uint first, uint last, uint flags)
    {
        if (first > last || (flags & ~CloseRangeCloseOnExec) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        for (var fd = first; fd <= last && fd < context.Table.Capacity; fd++)
        {
            if (flags == 0)
            {
                context.Table.Close((int)fd);
            }
            else
            {
                context.Table.SetCloseOnExec((int)fd, true);
            }
        }

        return 0;
    }

    public long Duplicate(int fd, long lowest, bool closeOnExec)
    {
        if (context.Table[fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        if (lowest < 0 || lowest >= context.Table.Limit)
        {
            return Errno.EINVAL.ToResult();
        }

        var copy = context.Table.AddFrom((int)lowest, file, closeOnExec);
        return copy < 0 ? Errno.EMFILE.ToResult() : copy;
    }

    public long Replace(int fd, int copy, int flags, bool sameIsFine)
    {
        if ((flags & ~OpenFlags.CloseOnExec) != 0 || (fd == copy && !sameIsFine))
        {
            return Errno.EINVAL.ToResult();
        }

        if (context.Table[fd] is not { } file || (uint)copy >= (uint)context.Table.Limit)
        {
            return Errno.EBADF.ToResult();
        }

        if (fd != copy)
        {
            context.Table.Replace(copy, file, flags != 0);
        }

        return copy;
    }

    public long Control(in GuestCall call)
    {
        // asm-generic/fcntl.h and linux/fcntl.h
        const int Duplicate = 0, GetDescriptorFlags = 1, SetDescriptorFlags = 2, GetFlags = 3, SetFlags = 4, GetLock = 5, SetLock = 6;
        const int SetLockWait = 7, GetOpenLock = 36, SetOpenLock = 37, SetOpenLockWait = 38, DuplicateCloseOnExec = 1030;
        const int SetPipeSize = 1031, GetPipeSize = 1032;

        var fd = call.Fd;
        if (context.Table[fd] is not { } file)
        {
            return Errno.EBADF.ToResult();
        }

        var isPath = (file.Flags & OpenFlags.Path) != 0;
        switch ((int)call.Second)
        {
            case Duplicate:
                return this.Duplicate(fd, (long)Math.Min(call.Third, int.MaxValue), closeOnExec: false);
            case DuplicateCloseOnExec:
                return this.Duplicate(fd, (long)Math.Min(call.Third, int.MaxValue), closeOnExec: true);
            case GetDescriptorFlags:
                return context.Table.IsCloseOnExec(fd) ? 1 : 0;
            case SetDescriptorFlags:
                context.Table.SetCloseOnExec(fd, (call.Third & 1) != 0);
                return 0;
            case GetFlags:
                return file.Flags;
            case not (Duplicate or DuplicateCloseOnExec) when isPath:
                return Errno.EBADF.ToResult();
            case SetFlags:
                return file.SetFlags((int)call.Third);
            case GetLock or GetOpenLock:
                return GetLockOf(call);
            case SetLock or SetLockWait or SetOpenLock or SetOpenLockWait:
                return context.Buffers.Read<flock_t>(call.Space, call.Third, out _).ToResult();
            case GetPipeSize or SetPipeSize when file.IsPipe:
                return Pipe.Capacity;
            case GetPipeSize or SetPipeSize:
                return Errno.EBADF.ToResult();
            default:
                return Errno.EINVAL.ToResult();
        }
    }

    // Nobody else could hold one.
    private long GetLockOf(in GuestCall call)
    {
        const short Unlocked = 2;
        var errno = context.Buffers.Read(call.Space, call.Third, out flock_t wanted);
        if (errno == Errno.None)
        {
            wanted.l_type = Unlocked;
            errno = context.Buffers.Write(call.Space, call.Third, wanted);
        }

        return errno.ToResult();
    }

    public long ControlDevice(in GuestCall call)
    {
        // asm-generic/ioctls.h
        const uint GetAvailable = 0x541B, SetNonBlocking = 0x5421;
        const uint ClearCloseOnExec = 0x5450, SetCloseOnExec = 0x5451;

        if (context.Table[call.Fd] is not { } file || (file.Flags & OpenFlags.Path) != 0)
        {
            return Errno.EBADF.ToResult();
        }

        switch ((uint)call.Second)
        {
            case GetAvailable:
                var available = file.GetAvailable();
                return available < 0 ? available : context.Buffers.Write(call.Space, call.Third, (int)Math.Min(available, int.MaxValue)).ToResult();
            case SetNonBlocking:
                var errno = context.Buffers.Read(call.Space, call.Third, out int wanted);
                return errno != Errno.None ? errno.ToResult()
                    : file.SetFlags(wanted != 0 ? file.Flags | OpenFlags.NonBlock : file.Flags & ~OpenFlags.NonBlock);
            case ClearCloseOnExec or SetCloseOnExec:
                context.Table.SetCloseOnExec(call.Fd, (uint)call.Second == SetCloseOnExec);
                return 0;
            default:
                return file.Terminal is { } stream ? _terminals.Control(call, stream) : Errno.ENOTTY.ToResult();
        }
    }

    public long MakePipe(in GuestCall call, int flags)
    {
        if ((flags & ~(OpenFlags.CloseOnExec | OpenFlags.NonBlock)) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        // Before anything is opened.
        var errno = context.Buffers.CheckWritable(call.Space, call.First, sizeof(ulong));
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var pipe = new Pipe(flags & OpenFlags.NonBlock, context.Budget.PipeBytes);
        var closeOnExec = (flags & OpenFlags.CloseOnExec) != 0;
        var reader = context.Table.AddFrom(0, pipe.Reader, closeOnExec);
        var writer = reader < 0 ? -1 : context.Table.AddFrom(0, pipe.Writer, closeOnExec);
        if (writer < 0)
        {
            context.Table.Close(reader);
            return Errno.EMFILE.ToResult();
        }

        return context.Buffers.Write(call.Space, call.First, ((ulong)(uint)writer << 32) | (uint)reader).ToResult();
    }
}
