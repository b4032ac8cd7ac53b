using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// Who the program is: root in its own machine, with no capabilities that could reach anything, and the leader of the one process
/// group of the one session there is.
/// </summary>
internal sealed class IdentityCalls(SyscallContext context)
{
    /// <summary>The one process there is.</summary>
    public const int ProcessId = 1;

    // linux/limits.h, linux/capability.h
    private const int MaxGroups = 65536;
    private const uint FirstVersion = 0x1998_0330, SecondVersion = 0x2007_1026, ThirdVersion = 0x2008_0522;

    // An id that leaves what there is.
    private const uint Same = uint.MaxValue;

    private uint[] _groups = [];
    private uint _personality;

    /// <summary>Whether a process's number is that of the program; 0 is always its own.</summary>
    public static bool IsSelf(int process) => process is 0 or ProcessId;

    /// <summary>Sets an id that must be given (setuid(2), setgid(2)).</summary>
    public static long Set(uint id) => id switch { 0 => 0, Same => Errno.EINVAL.ToResult(), _ => Errno.EPERM.ToResult() };

    /// <summary>Sets ids of which each may stay (setresuid(2) and its kin).</summary>
    public static long SetAll(params ReadOnlySpan<ulong> ids)
    {
        foreach (var id in ids)
        {
            if ((uint)id is not (0 or Same))
            {
                return Errno.EPERM.ToResult();
            }
        }

        return 0;
    }

    /// <summary>Reads the real, effective and saved ids, all of them 0.</summary>
    public long GetAll(in GuestCall call)
    {
        foreach (var address in (ReadOnlySpan<ulong>)[call.First, call.Second, call.Third])
        {
            var errno = context.Buffers.Write(call.Space, address, 0u);
            if (errno != Errno.None)
            {
                return errno.ToResult();
            }
        }

        return 0;
    }

    public long GetGroups(in GuestCall call)
    {
        var room = (int)call.First;
        if (room < 0 || (room != 0 && room < _groups.Length))
        {
            return Errno.EINVAL.ToResult();
        }

        var errno = room == 0 || _groups.Length == 0 ? Errno.None
            : context.Buffers.CopyOut(call.Space, call.Second, MemoryMarshal.AsBytes<uint>(_groups));
        return errno == Errno.None ? _groups.Length : errno.ToResult();
    }

    public long SetGroups(in GuestCall call)
    {
        var count = (uint)call.First;
        if (count > MaxGroups)
        {
            return Errno.EINVAL.ToResult();
        }

        var groups = new uint[count];
        var errno = count == 0 ? Errno.None : context.Buffers.CopyIn(call.Space, call.Second, MemoryMarshal.AsBytes(groups.AsSpan()));
        if (errno == Errno.None)
        {
            // As Linux keeps them.
            Array.Sort(groups);
            _groups = groups;
        }

        return errno.ToResult();
    }

    /// <summary>It leads its session, and so its group stays what it is.</summary>
    public static long SetGroup(int process, int group) => group < 0 ? Errno.EINVAL.ToResult()
        : IsSelf(process) ? Errno.EPERM.ToResult() : Errno.ESRCH.ToResult();

    public long SetPersonality(in GuestCall call)
    {
        const uint Ask = uint.MaxValue;
        var before = _personality;
        _personality = (uint)call.First == Ask ? before : (uint)call.First;
        return before;
    }

    public long GetCapabilities(in GuestCall call)
    {
        var errno = FindSets(call, out var words, out var process);
        if (errno != Errno.None || call.Second == 0)
        {
            return call.Second == 0 && errno == Errno.EINVAL ? 0 : errno.ToResult();
        }

        if (process < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        Span<byte> none = stackalloc byte[words * sizeof(uint)];
        none.Clear();
        return IsSelf(process) ? context.Buffers.CopyOut(call.Space, call.Second, none).ToResult() : Errno.ESRCH.ToResult();
    }

    public long SetCapabilities(in GuestCall call)
    {
        var errno = FindSets(call, out var words, out var process);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        if (!IsSelf(process))
        {
            return Errno.EPERM.ToResult();
        }

        Span<byte> wanted = stackalloc byte[words * sizeof(uint)];
        errno = context.Buffers.CopyIn(call.Space, call.Second, wanted);
        return errno != Errno.None ? errno.ToResult() : wanted.ContainsAnyExcept((byte)0) ? Errno.EPERM.ToResult() : 0;
    }

    // How many words the sets have, by the header's version; a header of none is told which there is.
    private Errno FindSets(in GuestCall call, out int words, out int process)
    {
        const int Sets = 3;
        (words, process) = (0, 0);
        var errno = context.Buffers.Read(call.Space, call.First, out ulong header);
        if (errno != Errno.None)
        {
            return errno;
        }

        process = (int)(header >> 32);
        words = (uint)header switch { FirstVersion => Sets, SecondVersion or ThirdVersion => 2 * Sets, _ => 0 };
        if (words == 0)
        {
            errno = context.Buffers.Write(call.Space, call.First, ThirdVersion);
            return errno == Errno.None ? Errno.EINVAL : errno;
        }

        return Errno.None;
    }
}
