using KvmActors.Interop.Libc;
using KvmActors.Linux.Syscalls;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>A path that a call was given.</summary>
/// <param name="Text">The path.</param>
/// <param name="Directory">The descriptor it is relative to.</param>
/// <param name="IsBad">Whether the call got a pointer to nowhere instead.</param>
internal readonly record struct PathArgument(string Text, int Directory, bool IsBad);

/// <summary>What the model knows of a guest besides the files: where its directories are.</summary>
internal sealed class GuestModel(World world, GuestView view)
{
    // In all of these the first path is what is looked at or changed.
    private static readonly HashSet<string> Follows =
        ["stat", "open", "openat", "access", "faccessat", "truncate", "chmod", "fchmodat", "chown", "utime", "utimes", "futimesat", "chdir", "statfs"];

    private static readonly HashSet<string> FollowsNot = ["lstat", "lchown", "readlink", "readlinkat"];

    private readonly Dictionary<int, IReadOnlyList<GuestView.Step>?> _directories = [];
    private IReadOnlyList<GuestView.Step>? _current = view.Root;
    private IReadOnlyList<GuestView.Step>? _found;

    public bool IsHidden(ulong inode) => world.Hidden.Contains(inode);

    /// <summary>Says beforehand what a call's first path leads to.</summary>
    public Expectation Expect(string name, in PathArgument path, ulong[] arguments)
    {
        _found = null;
        var flags = name switch
        {
            "open" => (uint)arguments[1],
            "openat" => (uint)arguments[2],
            "newfstatat" or "utimensat" => (uint)arguments[3],
            "statx" => (uint)arguments[2],
            "fchownat" => (uint)arguments[4],
            "access" => (uint)arguments[1],
            "faccessat" or "faccessat2" => (uint)arguments[2],
            _ => 0u,
        };
        bool? follow = Follows.Contains(name) ? (flags & 0x2_0000) == 0
            : FollowsNot.Contains(name) ? false
            : name is "newfstatat" or "statx" or "utimensat" or "fchownat" ? (flags & 0x100) == 0
            : name is "faccessat2" ? (arguments[3] & 0x100) == 0
            : null;
        if (follow is not { } follows || path.IsBad || path.Text.Length == 0)
        {
            return default;
        }

        var start = path.Directory == SyscallContext.CurrentDirectory ? _current : _directories.GetValueOrDefault(path.Directory);
        return new Expectation(view.Find(start, path.Text, follows, out _found), flags, path.Text);
    }

    /// <summary>Takes note of what a call has done.</summary>
    public void Note(string name, ulong[] arguments, long result, List<PathArgument> paths)
    {
        switch (name)
        {
            case "open" or "openat" when result >= 0:
                _directories[(int)result] = _found;
                break;
            case "chdir" when result == 0:
                _current = _found;
                break;
            case "fchdir" when result == 0:
                _current = _directories.GetValueOrDefault((int)arguments[0]);
                break;
            case "dup" or "fcntl" or "creat" or "epoll_create" or "epoll_create1" or "eventfd" or "eventfd2" or "timerfd_create" when result >= 0:
                _directories.Remove((int)result);
                break;
            case "dup2" or "dup3" or "close":
                _directories.Remove((int)arguments[^5]);
                _directories.Remove((int)arguments[0]);
                break;
            case "pipe" or "pipe2" or "close_range":
                _directories.Clear();
                break;
            case "rename" or "renameat" or "renameat2" when result == 0 && paths.Count == 2:
                // What is open may be somewhere else now.
                _directories.Clear();
                _current = _current is [_] ? _current : null;
                break;
        }
    }
}

/// <summary>What the model says of a call's path.</summary>
/// <param name="Place">What it leads to.</param>
/// <param name="Flags">The call's flags.</param>
/// <param name="Path">The path.</param>
internal readonly record struct Expectation(Place Place, uint Flags, string? Path)
{
    private const uint WriteAccess = 2, ExecuteAccess = 1;
    private const uint AccessMode = 3, Create = 0x40, Truncate = 0x200, PathOnly = 0x20_0000, Temporary = 0x40_0000;

    // Guests are root here, so only a path can be the reason.
    private static readonly Errno[] NotThere = [Errno.ENOENT, Errno.EACCES, Errno.EXDEV];

    /// <summary>Compares.</summary>
    /// <param name="name">The call.</param>
    /// <param name="result">What it returned.</param>
    /// <param name="inode">What it reached, where that can be said.</param>
    /// <returns>What is wrong, in words; null for nothing.</returns>
    public string? FindProblem(string name, long result, ulong? inode)
    {
        if (Path is null || Place.Kind == PlaceKind.Unknown)
        {
            return null;
        }

        var isOpen = name is "open" or "openat";
        if (isOpen && (Flags & (Create | Temporary)) != 0 && (Flags & PathOnly) == 0)
        {
            // Whether it made one is the folders' affair.
            return null;
        }

        var isAccess = name is "access" or "faccessat" or "faccessat2";
        var changes = (isAccess && (Flags & WriteAccess) != 0) || name is "truncate" or "chmod" or "fchmodat" or "chown" or "lchown" or "fchownat" or "utime" or "utimes" or "futimesat" or "utimensat"
            || (isOpen && (Flags & PathOnly) == 0 && ((Flags & AccessMode) != 0 || (Flags & Truncate) != 0));
        if (result >= 0)
        {
            return Place.Kind == PlaceKind.Missing ? $"{name} reached something{(inode is { } some ? $", inode {some}," : "")} where there is nothing"
                : inode is { } seen && Place.Kind == PlaceKind.Host && seen != Place.Status.Inode ? $"{name} reached inode {seen}, not {Place.Host}, {Place.Status.Inode}"
                : changes && Place is { Kind: PlaceKind.Host, Right: Right.Read } ? $"{name} changed {Place.Host}, which may only be read"
                : null;
        }

        var errno = (Errno)(int)-result;
        return Place.Kind != PlaceKind.Host ? null
            : NotThere.Contains(errno) && !(isAccess && (Flags & ExecuteAccess) != 0) ? $"{name} did not reach {Place.Host}: {errno}"
            : errno == Errno.EROFS && Place.Right == Right.Write ? $"{name} may not change {Place.Host}, which may be written"
            : null;
    }
}
