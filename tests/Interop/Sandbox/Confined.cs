using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Sandbox;

/// <summary>Runs code on a thread of its own that has entered a sandbox, and makes system calls there.</summary>
internal static unsafe class Confined
{
    public static T Run<T>(ThreadSandbox sandbox, Func<T> code)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                sandbox.Enter();
                result = code();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        Assert.True(thread.Join(TestTime.Seconds(60)), "the confined thread hangs");
        return failure is null ? result! : throw new InvalidOperationException($"on the confined thread: {failure}", failure);
    }

    public static T Run<T>(IEnumerable<SandboxedPath> paths, Func<T> code)
    {
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, paths);
        return Run(sandbox, code);
    }

    /// <summary>Makes a call whose first argument is a path.</summary>
    public static Errno Call(int number, string path, nint second = 0, nint third = 0)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return ErrnoOf(LibC.Call(number, (nint)pointer, second, third));
        }
    }

    /// <summary>Makes a call whose second argument is a path and whose first is a directory, the current one at first.</summary>
    public static Errno CallAt(int number, string path, nint third = 0, nint fourth = 0, nint fifth = 0, int directory = LibC.AT_FDCWD)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return ErrnoOf(LibC.Call(number, directory, (nint)pointer, third, fourth, fifth));
        }
    }

    /// <summary>Makes a call of two paths in two directories.</summary>
    public static Errno CallAt(int number, string from, string to, nint flags = 0)
    {
        fixed (byte* first = Encoding.UTF8.GetBytes(from + '\0'), second = Encoding.UTF8.GetBytes(to + '\0'))
        {
            return ErrnoOf(LibC.Call(number, LibC.AT_FDCWD, (nint)first, LibC.AT_FDCWD, (nint)second, flags));
        }
    }

    /// <summary>Opens a file and closes it.</summary>
    public static Errno Open(string path, int flags = LibC.O_RDONLY)
    {
        var fd = LibC.open(path, flags | LibC.O_CLOEXEC, 0x1B4);
        if (fd < 0)
        {
            return LibC.LastError;
        }

        _ = LibC.close(fd);
        return Errno.None;
    }

    private static Errno ErrnoOf(long result) => result < 0 ? (Errno)(-result) : Errno.None;
}
