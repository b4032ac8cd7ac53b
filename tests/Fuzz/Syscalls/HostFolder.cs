using System.Text;
using KvmActors.Interop.Libc;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>A folder of the host's, used with the kernel's own calls: fast, and with nobody's opinion in between. Names are Latin-1.</summary>
internal sealed unsafe class HostFolder : IDisposable
{
    private const int Close = 3, Write = 1, OpenAt = 257, MkdirAt = 258, MknodAt = 259, RenameAt = 264, UnlinkAt = 263, LinkAt = 265, SymlinkAt = 266;
    private const int FchownAt = 260, FchmodAt = 268, ReadLinkAt = 267, Statx = 332, Getdents64 = 217;
    private const int NoFollow = 0x100, RemoveDirectory = 0x200, EmptyPath = 0x1000;
    private const int BasicStats = 0x7FF;
    private const int PathOnly = 0x20_0000, OpenNoFollow = 0x2_0000, OpenDirectory = 0x1_0000, CloseOnExec = 0x8_0000;
    private const int Truncate = 0x200, Create = 0x40, WriteOnly = 1;

    private readonly byte* _path = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(2 * 8192);
    private readonly byte* _other;
    private readonly int _fd;

    public HostFolder(string root)
    {
        _other = _path + 8192;
        Root = root;
        Directory.CreateDirectory(root);
        _fd = (int)LibC.Call(OpenAt, -100, Put(_path, root), PathOnly | OpenDirectory | CloseOnExec);
    }

    public string Root { get; }

    public int Find(string name) => (int)Check(LibC.Call(OpenAt, _fd, Put(_path, name), PathOnly | OpenNoFollow | CloseOnExec), name);

    public static void CloseDescriptor(int fd) => LibC.Call(Close, fd);

    public HostStatus Status(string name, bool follow = false) => Status(_fd, Put(_path, name), follow ? 0 : NoFollow);

    public HostStatus Status(int fd)
    {
        *_path = 0;
        return Status(fd, (nint)_path, EmptyPath);
    }

    public string ReadLink(string name)
    {
        var length = LibC.Call(ReadLinkAt, _fd, Put(_path, name), (nint)_other, 8191);
        return length < 0 ? "" : Encoding.Latin1.GetString(_other, (int)length);
    }

    public void MakeFolder(string name) => Check(LibC.Call(MkdirAt, _fd, Put(_path, name), 0x1ED), name);

    public void MakeFile(string name, string content)
    {
        var fd = (int)Check(LibC.Call(OpenAt, _fd, Put(_path, name), Create | WriteOnly | Truncate | CloseOnExec, 0x1A4), name);
        var bytes = Encoding.Latin1.GetBytes(content);
        fixed (byte* pointer = bytes)
        {
            Check(LibC.Call(Write, fd, (nint)pointer, bytes.Length), name);
        }

        CloseDescriptor(fd);
    }

    public void MakePipe(string name) => Check(LibC.Call(MknodAt, _fd, Put(_path, name), 0x11A4, 0), name);

    public void MakeLink(string name, string target) => Check(LibC.Call(SymlinkAt, Put(_other, target), _fd, Put(_path, name)), name);

    public void MakeHardLink(string from, string to) => Check(LibC.Call(LinkAt, _fd, Put(_path, from), _fd, Put(_other, to), 0), to);

    public void Rename(string from, string to) => Check(LibC.Call(RenameAt, _fd, Put(_path, from), _fd, Put(_other, to)), from);

    /// <summary>Gives a file the owner and the permissions that it was made with.</summary>
    public void ResetOwner(string name, char kind)
    {
        // A link's permissions cannot be changed.
        Check(LibC.Call(FchownAt, _fd, Put(_path, name), 0, 0, NoFollow), name);
        if (kind != 'l')
        {
            Check(LibC.Call(FchmodAt, _fd, Put(_path, name), kind == 'd' ? 0x1ED : 0x1A4), name);
        }
    }

    public void Remove(string name)
    {
        if (Status(name).IsDirectory)
        {
            foreach (var entry in List(name))
            {
                Remove($"{name}/{entry}");
            }

            Check(LibC.Call(UnlinkAt, _fd, Put(_path, name), RemoveDirectory), name);
            return;
        }

        Check(LibC.Call(UnlinkAt, _fd, Put(_path, name), 0), name);
    }

    public List<string> List(string name)
    {
        var fd = (int)Check(LibC.Call(OpenAt, _fd, Put(_path, name), OpenDirectory | CloseOnExec), name);
        var names = new List<string>();
        var buffer = stackalloc byte[8192];
        for (long length; (length = LibC.Call(Getdents64, fd, (nint)buffer, 8192)) > 0;)
        {
            // struct linux_dirent64: the record's length at 16, the name from 19 on.
            for (var at = 0; at < length; at += *(ushort*)(buffer + at + 16))
            {
                var entry = Encoding.Latin1.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + 19));
                if (entry is not ("." or ".."))
                {
                    names.Add(entry);
                }
            }
        }

        CloseDescriptor(fd);
        return names;
    }

    public void Dispose()
    {
        CloseDescriptor(_fd);
        System.Runtime.InteropServices.NativeMemory.Free(_path);
        using var remove = System.Diagnostics.Process.Start("rm", ["-rf", Root]);
        remove.WaitForExit();
    }

    // struct statx of linux/stat.h.
    private static HostStatus Status(int fd, nint path, int flags)
    {
        var buffer = stackalloc byte[256];
        return LibC.Call(Statx, fd, path, flags, BasicStats, (nint)buffer) < 0 ? default : new HostStatus(
            *(ulong*)(buffer + 32), *(ushort*)(buffer + 28), *(ulong*)(buffer + 20), *(uint*)(buffer + 16), *(ulong*)(buffer + 40), Time(buffer + 96), Time(buffer + 112));
    }

    private static long Time(byte* time) => (*(long*)time * 1_000_000_000) + *(uint*)(time + 8);

    private static nint Put(byte* place, string name)
    {
        var length = Encoding.Latin1.GetBytes(name, new Span<byte>(place, 8191));
        place[length] = 0;
        return (nint)place;
    }

    private static long Check(long result, string name) =>
        result >= 0 ? result : throw new IOException($"{name}: {((Errno)(int)-result).Describe()}");
}
