namespace KvmActors.Interop.Libc;

/// <summary>The end of this process, and what must not bring it about.</summary>
public static unsafe class HostExit
{
    /// <summary>Ends the process with all its threads, whatever they do, and runs nothing more in it (exit_group(2)).</summary>
    /// <param name="exitCode">Its exit code, 0 to 255.</param>
    public static void EndNow(int exitCode) => LibC.Call(LibC.SYS_exit_group, exitCode);

    /// <summary>
    /// Has a write past the limit on a file's size (RLIMIT_FSIZE) fail with EFBIG instead of ending the process by SIGXFSZ. The
    /// runtime does the same with SIGPIPE.
    /// </summary>
    public static void SurviveFileSizeLimit()
    {
        var action = new LibC.sigaction_t { sa_handler = LibC.SIG_IGN };

        // SAFETY: the structure is on this stack and laid out as C's (checked by a test). Where it fails, all stays as it was.
        _ = LibC.sigaction(LibC.SIGXFSZ, &action, null);
    }
}
