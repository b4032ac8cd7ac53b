using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Sandbox;

/// <summary>A <see cref="SandboxedPath"/> that was found, once, and is held from then on.</summary>
internal sealed unsafe class MappedPath : IDisposable
{
    private const int LongestPath = 4096;

    private MappedPath(SandboxedPath asked, FileDescriptor descriptor, string realPath)
    {
        Asked = asked;
        Descriptor = descriptor;
        RealPath = realPath;
    }

    /// <summary>What the user wrote.</summary>
    public SandboxedPath Asked { get; }

    /// <summary>Its path without links.</summary>
    public string RealPath { get; }

    /// <summary>It, opened with O_PATH; within the mount namespace of the VM's threads where there is one.</summary>
    public FileDescriptor Descriptor { get; private set; }

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory { get; private init; }

    /// <summary>Its device and inode.</summary>
    public (ulong Device, ulong Inode) Identity { get; private init; }

    /// <summary>Finds it.</summary>
    /// <param name="asked">What the user wrote.</param>
    /// <param name="path">It, or null on failure.</param>
    public static Errno TryFind(SandboxedPath asked, out MappedPath? path)
    {
        path = null;
        var number = LibC.open(asked.Path, LibC.O_PATH | LibC.O_CLOEXEC, 0);
        if (number < 0)
        {
            return LibC.LastError;
        }

        var descriptor = new FileDescriptor(number);
        var result = new HostFile(descriptor).GetStatus(out var status);
        if (result < 0)
        {
            descriptor.Dispose();
            return (Errno)(-result);
        }

        path = new MappedPath(asked, descriptor, ReadPath(descriptor))
        {
            IsDirectory = (status.st_mode & LibC.S_IFMT) == LibC.S_IFDIR,
            Identity = (status.st_dev, status.st_ino),
        };
        return Errno.None;
    }

    /// <summary>Whether a path is the same as this one's, or below it.</summary>
    public bool Holds(MappedPath other) =>
        RealPath == "/" || other.RealPath == RealPath || other.RealPath.StartsWith(RealPath + '/', StringComparison.Ordinal);

    /// <summary>Whether a descriptor is of the same file.</summary>
    public bool Is(FileDescriptor descriptor) =>
        new HostFile(descriptor).GetStatus(out var status) == 0 && (status.st_dev, status.st_ino) == Identity;

    /// <summary>Takes another descriptor of the same file.</summary>
    public void Replace(FileDescriptor descriptor)
    {
        Descriptor.Dispose();
        Descriptor = descriptor;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    private static string ReadPath(FileDescriptor descriptor)
    {
        var link = Encoding.ASCII.GetBytes($"/proc/self/fd/{descriptor.Number}\0");
        var buffer = new byte[LongestPath];

        // SAFETY: NUL-terminated; the length is the buffer's own; both are pinned for the call.
        fixed (byte* name = link, target = buffer)
        {
            var length = LibC.Call(LibC.SYS_readlinkat, LibC.AT_FDCWD, (nint)name, (nint)target, buffer.Length);
            return length > 0 ? Encoding.Latin1.GetString(buffer, 0, (int)length) : "";
        }
    }
}
