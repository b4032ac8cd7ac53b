using System.Runtime.InteropServices;

namespace KvmActors.Linux.Tests.Support;

/// <summary>The real kernel's system calls: what a guest's are held against.</summary>
internal static partial class NativeCalls
{
    /// <summary>Makes a call.</summary>
    /// <returns>A value from 0, or a negative errno.</returns>
    public static long Call(int number, params ReadOnlySpan<nint> arguments)
    {
        Span<nint> all = stackalloc nint[6];
        arguments.CopyTo(all);
        var result = syscall(number, all[0], all[1], all[2], all[3], all[4], all[5]);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
