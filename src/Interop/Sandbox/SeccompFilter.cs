using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// The system calls that a thread which serves a guest may make: what this program serves guests with, and what .NET needs on any
/// thread (collecting garbage, compiling, starting a thread, handling exceptions). Others get EPERM, which is an error like any
/// other where it arises: a thread that was killed for one would hang the collector, which waits for it.
/// </summary>
internal sealed unsafe class SeccompFilter
{
    private readonly sock_filter[] _program;

    private SeccompFilter(sock_filter[] program) => _program = program;

    /// <summary>Whether this kernel has filters that can refuse a call with an errno, or log it.</summary>
    /// <param name="log">Whether logging is what is asked about.</param>
    public static bool IsAvailable(bool log)
    {
        var action = log ? SandboxApi.SECCOMP_RET_LOG : SandboxApi.SECCOMP_RET_ERRNO;

        // SAFETY: the kernel reads four bytes from this stack.
        return LibC.Call(SandboxApi.SYS_seccomp, SandboxApi.SECCOMP_GET_ACTION_AVAIL, 0, (nint)(&action)) == 0;
    }

    /// <summary>Makes the filter.</summary>
    /// <param name="log">Whether calls outside the list are let through and written to the kernel's log.</param>
    /// <param name="resetsVms">Whether slots of memory may be set, besides.</param>
    public static SeccompFilter Create(bool log, bool resetsVms = false) => new(SyscallList.Build(log, resetsVms));

    /// <summary>Confines the calling thread, and the threads it makes later. Needs no_new_privs.</summary>
    /// <exception cref="SystemCallException">seccomp failed.</exception>
    public void Enter()
    {
        // SAFETY: the program is pinned while the kernel copies it.
        fixed (sock_filter* code = _program)
        {
            var program = new sock_fprog { len = checked((ushort)_program.Length), filter = code };
            // Older kernels else slow the thread down, against a side channel that nothing else here closes.
            var result = LibC.Call(SandboxApi.SYS_seccomp, SandboxApi.SECCOMP_SET_MODE_FILTER, SandboxApi.SECCOMP_FILTER_FLAG_SPEC_ALLOW, (nint)(&program));
            if (result < 0)
            {
                throw new SystemCallException("seccomp", (Errno)(-result));
            }
        }
    }
}
