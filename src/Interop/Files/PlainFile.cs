using System.Globalization;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmActors.Interop.Files;

/// <summary>
/// Files that the program itself reads and writes, opened without ever waiting: a named pipe would keep it waiting for its
/// other end.
/// </summary>
public static unsafe class PlainFile
{
    private const uint TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000, Pipe = 0x1000, Character = 0x2000;
    private const int Flags = LibC.O_NONBLOCK | LibC.O_NOCTTY | LibC.O_CLOEXEC;

    /// <summary>Whether a status is a regular file's.</summary>
    public static bool IsRegular(in stat_t status) => (status.st_mode & TypeMask) == Regular;

    /// <summary>Whether a status is a folder's.</summary>
    public static bool IsFolder(in stat_t status) => (status.st_mode & TypeMask) == Folder;

    /// <summary>Whether a status is a pipe's, with a name or without.</summary>
    public static bool IsPipe(in stat_t status) => (status.st_mode & TypeMask) == Pipe;

    /// <summary>Whether a status is a character device's.</summary>
    public static bool IsCharacterDevice(in stat_t status) => (status.st_mode & TypeMask) == Character;

    /// <summary>Whether a status is that of <c>/dev/null</c>: memory device 3 (Documentation/admin-guide/devices.txt).</summary>
    public static bool IsNull(in stat_t status) => IsCharacterDevice(status) && status.st_rdev == 0x103;

    /// <summary>Reads the status of what a path leads to (stat(2)).</summary>
    public static Errno GetStatus(string path, out stat_t status)
    {
        stat_t value;
        long result;

        // SAFETY: a NUL-terminated text, pinned for the call; the kernel writes one structure to this stack.
        fixed (byte* pointer = Text(path))
        {
            result = LibC.Call(LibC.SYS_newfstatat, LibC.AT_FDCWD, (nint)pointer, (nint)(&value), 0);
        }

        status = result == 0 ? value : default;
        return (Errno)(-result);
    }

    /// <summary>Reads the status of a descriptor of this process (fstat(2)).</summary>
    public static Errno GetStatus(int descriptor, out stat_t status) => (Errno)(-HostObject.GetStatus(descriptor, out status));

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="status">What was opened.</param>
    /// <param name="file">The file, which does not block unless <see cref="Block"/> says so; null when it cannot be opened.</param>
    public static Errno OpenToRead(string path, out stat_t status, out SafeFileHandle? file) => Open(path, LibC.O_RDONLY, out status, out file);

    /// <summary>Opens for writing what is there already; of a pipe, somebody must have its other end open.</summary>
    /// <param name="path">The file.</param>
    /// <param name="truncate">Whether what is in it goes.</param>
    /// <param name="file">The file, which blocks; null when it cannot be opened.</param>
    public static Errno OpenToWrite(string path, bool truncate, out SafeFileHandle? file)
    {
        var errno = Open(path, LibC.O_WRONLY | (truncate ? LibC.O_TRUNC : 0), out _, out file);
        if (file is not null)
        {
            Block(file);
        }

        return errno;
    }

    /// <summary>Has reads and writes of an open file wait.</summary>
    public static void Block(SafeFileHandle file) => LibC.Call(LibC.SYS_fcntl, (int)file.DangerousGetHandle(), LibC.F_SETFL);

    /// <summary>A folder's path as the kernel has it, without links and detours; null when there is no such folder.</summary>
    public static string? RealFolder(string path)
    {
        using var folder = new FileDescriptor(LibC.open(path, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0));
        try
        {
            return folder.IsInvalid ? null : new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{folder.Number}")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static byte[] Text(string path) => Encoding.UTF8.GetBytes(path + "\0");

    private static Errno Open(string path, int access, out stat_t status, out SafeFileHandle? file)
    {
        (status, file) = (default, null);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return Errno.ENOENT;
        }

        var descriptor = LibC.open(path, access | Flags, 0);
        if (descriptor < 0)
        {
            return LibC.LastError;
        }

        file = new SafeFileHandle(descriptor, ownsHandle: true);
        return GetStatus(descriptor, out status);
    }
}
