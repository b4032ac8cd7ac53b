using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Syscalls;

/// <summary>Serves one system call.</summary>
/// <param name="calls">Everything a guest's program has at the host.</param>
/// <param name="call">The call.</param>
/// <returns>A value from 0, or a negative errno.</returns>
internal delegate long SyscallHandler(SyscallService calls, in GuestCall call);

/// <summary>One system call.</summary>
/// <param name="Name">Linux's name.</param>
/// <param name="Number">Linux's number for x86-64.</param>
/// <param name="Arguments">How many arguments it has.</param>
/// <param name="Missing">What is missing, or different from Linux; null when nothing is.</param>
internal sealed record SyscallRow(string Name, int Number, int Arguments, string? Missing)
{
    /// <summary>What serves it at the host; null when the guest's kernel does.</summary>
    public SyscallHandler? Handler { get; init; }

    /// <summary>Which argument is a path, from 1; the first of two. Null when none is.</summary>
    public int? PathArgument { get; init; }
}
