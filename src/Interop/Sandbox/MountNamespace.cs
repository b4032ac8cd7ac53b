using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// A mount namespace in which read-only mappings are read-only mounts, so that not even an open descriptor below one can be used to
/// change a mode, an owner or a time (mount_namespaces(7), mount_setattr(2)). Threads join it; the process stays where it is.
/// Needs CAP_SYS_ADMIN.
/// </summary>
internal sealed unsafe class MountNamespace : IDisposable
{
    private readonly FileDescriptor _fd;

    private MountNamespace(FileDescriptor fd) => _fd = fd;

    /// <summary>Makes the namespace, and exchanges each path's descriptor for one within it.</summary>
    /// <param name="paths">What is mapped.</param>
    /// <exception cref="SystemCallException">A call failed; the paths are as they were.</exception>
    public static MountNamespace Create(IReadOnlyList<MappedPath> paths)
    {
        MountNamespace? made = null;
        SystemCallException? failure = null;

        // A thread that leaves the process's namespace does not come back, so it is one that ends.
        var thread = new Thread(() =>
        {
            try
            {
                made = Build(paths);
            }
            catch (SystemCallException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return made ?? throw failure ?? new SystemCallException("unshare", Errno.EPERM, "mounts");
    }

    /// <summary>Whether this process may make one.</summary>
    public static Errno TryCreate()
    {
        try
        {
            Create([]).Dispose();
            return Errno.None;
        }
        catch (SystemCallException e)
        {
            return e.Errno;
        }
    }

    /// <summary>Moves the calling thread into it; its working directory is the root then. Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT.</summary>
    /// <exception cref="SystemCallException">unshare or setns failed.</exception>
    public void Enter()
    {
        Check(LibC.Call(SandboxApi.SYS_unshare, SandboxApi.CLONE_FS), "unshare", "the working directory");
        Check(LibC.Call(SandboxApi.SYS_setns, _fd.Number, SandboxApi.CLONE_NEWNS), "setns", "mounts");
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static MountNamespace Build(IReadOnlyList<MappedPath> paths)
    {
        Check(LibC.Call(SandboxApi.SYS_unshare, SandboxApi.CLONE_NEWNS), "unshare", "mounts");

        // What the host unmounts goes away here too; what is mounted here never shows there.
        Check(WithPath("/", root => LibC.Call(SandboxApi.SYS_mount, 0, root, 0, SandboxApi.MS_REC | SandboxApi.MS_SLAVE)), "mount", "/");

        // Who may write a place at all may write it here: where it is mapped twice, or below a read-only one.
        var places = paths.GroupBy(path => path.RealPath).OrderBy(place => place.Key.Length)
            .Select(place => (Paths: place.ToList(), First: place.First(), IsWritable: place.Any(path => path.Asked.IsWritable)))
            .ToList();
        var readOnly = places.Where(place => !place.IsWritable).Select(place => place.First).ToList();

        // Taken before anything is read-only: a copy of what is read-only would be so too.
        var copies = places.Where(place => place.IsWritable && readOnly.Exists(outer => outer.Holds(place.First)))
            .ToDictionary(place => place.First, place => CopyTree(place.First));
        var opened = new List<(MappedPath Path, FileDescriptor Descriptor)>();
        foreach (var place in places)
        {
            var tree = copies.GetValueOrDefault(place.First);
            if (!place.IsWritable)
            {
                tree = CopyTree(place.First);
                MakeReadOnly(tree, place.First);
            }

            if (tree is not null)
            {
                Mount(tree, place.First);
            }

            using var found = tree ?? Open(place.First);
            foreach (var path in place.Paths)
            {
                if (!path.Is(found))
                {
                    throw new SystemCallException("open_tree", Errno.ENOENT, path.RealPath);
                }

                opened.Add((path, Duplicate(found)));
            }
        }

        var itself = LibC.Check(LibC.open("/proc/thread-self/ns/mnt", LibC.O_RDONLY | LibC.O_CLOEXEC, 0), "open", "/proc/thread-self/ns/mnt");
        opened.ForEach(pair => pair.Path.Replace(pair.Descriptor));
        return new MountNamespace(new FileDescriptor(itself));
    }

    private static FileDescriptor CopyTree(MappedPath path) => new((int)Check(
        WithPath(path.RealPath, name => LibC.Call(SandboxApi.SYS_open_tree, LibC.AT_FDCWD, name, SandboxApi.OPEN_TREE_CLONE | SandboxApi.AT_RECURSIVE | LibC.O_CLOEXEC)),
        "open_tree", path.RealPath));

    private static void MakeReadOnly(FileDescriptor tree, MappedPath path)
    {
        // Private: what the host mounts below it later does not show here, for it would be writable.
        var attributes = new mount_attr { attr_set = SandboxApi.MOUNT_ATTR_RDONLY | SandboxApi.MOUNT_ATTR_NOSUID, propagation = SandboxApi.MS_PRIVATE };
        var pointer = (nint)(&attributes);

        // SAFETY: the kernel reads one structure, on this stack.
        Check(
            WithPath("", name => LibC.Call(SandboxApi.SYS_mount_setattr, tree.Number, name, LibC.AT_EMPTY_PATH | SandboxApi.AT_RECURSIVE, pointer, sizeof(mount_attr))),
            "mount_setattr", path.RealPath);
    }

    private static void Mount(FileDescriptor tree, MappedPath path)
    {
        Check(
            WithPath(path.RealPath, target => WithPath("", name =>
                LibC.Call(SandboxApi.SYS_move_mount, tree.Number, name, LibC.AT_FDCWD, target, SandboxApi.MOVE_MOUNT_F_EMPTY_PATH))),
            "move_mount", path.RealPath);
        if (path.RealPath == "/")
        {
            // Paths begin at this thread's root, which is still the one below.
            Check(LibC.Call(SandboxApi.SYS_fchdir, tree.Number), "fchdir", "/");
            Check(WithPath(".", name => LibC.Call(SandboxApi.SYS_chroot, name)), "chroot", "/");
        }
    }

    private static FileDescriptor Open(MappedPath path) => new((int)Check(
        WithPath(path.RealPath, name => LibC.Call(LibC.SYS_openat, LibC.AT_FDCWD, name, LibC.O_PATH | LibC.O_CLOEXEC)), "open", path.RealPath));

    private static FileDescriptor Duplicate(FileDescriptor descriptor) =>
        new((int)Check(descriptor.Duplicate(), "fcntl", "a mapping"));

    // Latin-1, one character for each byte of the kernel's.
    private static long WithPath(string path, Func<nint, long> call)
    {
        // SAFETY: NUL-terminated and pinned for the call.
        fixed (byte* pointer = Encoding.Latin1.GetBytes(path + '\0'))
        {
            return call((nint)pointer);
        }
    }

    private static long Check(long result, string operation, string target) =>
        result >= 0 ? result : throw new SystemCallException(operation, (Errno)(-result), target);
}
