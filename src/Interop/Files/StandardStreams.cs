using System.Text;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>
/// The process's standard streams, 0, 1 and 2. Who is started without one of them is in danger: the next file to be opened gets
/// its number, and what is meant for the stream goes to that file. By the time any code of ours runs the runtime has opened
/// files of its own, so the process starts itself again with <c>/dev/null</c> in their place.
/// </summary>
public static unsafe class StandardStreams
{
    private const int Streams = 3;
    private const string Null = "/dev/null";

    /// <summary>
    /// Whether the process was started with all of them. What comes through execve(2) has no FD_CLOEXEC; what the runtime
    /// opens always has it.
    /// </summary>
    public static bool AreThere
    {
        get
        {
            for (var stream = 0; stream < Streams; stream++)
            {
                if (!IsThere(stream))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Whether the process was started with one of them: 0, 1 or 2.</summary>
    public static bool IsThere(int stream)
    {
        var flags = LibC.Call(LibC.SYS_fcntl, stream, LibC.F_GETFD);

        // Whatever else may be wrong: starting again does not make it better, and would be for ever.
        return flags != Errno.EBADF.ToResult() && (flags < 0 || (flags & LibC.FD_CLOEXEC) == 0);
    }

    /// <summary>
    /// Starts the same program in this process again (execve(2)), with the same arguments and environment, and
    /// <c>/dev/null</c> where a stream is missing. To be called before anything else has begun.
    /// </summary>
    /// <returns>Only when that failed: why. Nothing of the process is to be used then but its end.</returns>
    public static Errno StartAgain()
    {
        byte[] arguments, environment;
        try
        {
            arguments = File.ReadAllBytes("/proc/self/cmdline");
            environment = File.ReadAllBytes("/proc/self/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Errno.ENOENT;
        }

        // Without FD_CLOEXEC: it may be the lowest number that is missing, and stays then.
        var nothing = LibC.open(Null, LibC.O_RDWR, 0);
        if (nothing < 0)
        {
            return LibC.LastError;
        }

        var program = Encoding.UTF8.GetBytes(Environment.ProcessPath + "\0");
        var argumentPointers = new nint[arguments.AsSpan().Count((byte)0) + 1];
        var environmentPointers = new nint[environment.AsSpan().Count((byte)0) + 1];

        // SAFETY: NUL-terminated texts and NULL-terminated vectors of pointers into them, all pinned for the calls. The runtime's
        // files behind the numbers are closed; only execve is called after that, and it takes the runtime away.
        fixed (byte* path = program, first = arguments, variables = environment)
        fixed (nint* argv = argumentPointers, envp = environmentPointers)
        {
            Point(argv, first, arguments);
            Point(envp, variables, environment);
            for (var stream = 0; stream < Streams; stream++)
            {
                if (stream != nothing && !IsThere(stream))
                {
                    _ = LibC.Call(LibC.SYS_dup2, nothing, stream);
                }
            }

            if (nothing >= Streams)
            {
                _ = LibC.Call(LibC.SYS_fcntl, nothing, LibC.F_SETFD, LibC.FD_CLOEXEC);
            }

            return (Errno)(-LibC.Call(LibC.SYS_execve, (nint)path, (nint)argv, (nint)envp));
        }
    }

    private static void Point(nint* pointers, byte* texts, byte[] bytes)
    {
        var count = 0;
        for (var index = 0; index < bytes.Length; index++)
        {
            if (index == 0 || bytes[index - 1] == 0)
            {
                pointers[count++] = (nint)(texts + index);
            }
        }

        pointers[count] = 0;
    }
}
