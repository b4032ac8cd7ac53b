using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc;

/// <summary>An owned file descriptor, closed exactly once.</summary>
internal sealed class FileDescriptor : SafeHandle
{
    public FileDescriptor(int fd)
        : base(invalidHandleValue: -1, ownsHandle: true)
    {
        SetHandle(fd);
    }

    public override bool IsInvalid => handle < 0;

    /// <summary>The number; valid while this object is neither disposed nor collected.</summary>
    public int Number => (int)handle;

    /// <summary>Makes another descriptor of the same open file (F_DUPFD_CLOEXEC of fcntl(2)).</summary>
    /// <returns>Its number, or a negative errno.</returns>
    public long Duplicate()
    {
        var number = LibC.Call(LibC.SYS_fcntl, Number, LibC.F_DUPFD_CLOEXEC);
        GC.KeepAlive(this);
        return number;
    }

    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
