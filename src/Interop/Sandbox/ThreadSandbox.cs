using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// What confines the threads that serve guests of one description: prepared once by a thread that is not confined, entered by each
/// of the others before its guest's first instruction. The process itself stays as it is, and so do its other threads; those that
/// a confined thread makes are confined like it. Safe to share.
/// </summary>
public sealed class ThreadSandbox : IDisposable
{
    private readonly List<MappedPath> _paths;
    private readonly SandboxParts _parts;
    private readonly List<FileDescriptor> _kept = [];
    private MountNamespace? _mounts;
    private LandlockRuleset? _landlock;
    private SeccompFilter? _seccomp;

    private ThreadSandbox(List<MappedPath> paths, SandboxMode mode, SandboxParts parts)
    {
        _paths = paths;
        _parts = parts;
        State = new SandboxState(mode);
    }

    /// <summary>What holds on this kernel, with this process's privileges.</summary>
    public SandboxState State { get; private set; }

    /// <summary>Whether every path it was given was found.</summary>
    public bool IsComplete { get; private init; }

    private bool ResetsVms { get; init; }

    /// <summary>Where the layers of the paths that have one are; null when there is none.</summary>
    private LayerFolder? Layers { get; init; }

    /// <summary>Makes a sandbox.</summary>
    /// <param name="mode">How far to go.</param>
    /// <param name="paths">What the threads may use of the host's files. What cannot be found is left out.</param>
    /// <exception cref="SystemCallException">The kernel has what is needed, but refused to set it up; or there is no room for layers.</exception>
    /// <param name="resetsVms">Whether the threads put their VMs' memory back themselves, for which KVM has to forget what it knows of it.</param>
    public static ThreadSandbox Prepare(SandboxMode mode, IEnumerable<SandboxedPath> paths, bool resetsVms = false) =>
        Prepare(mode, paths, SandboxParts.All, resetsVms);

    /// <summary>The same of some parts alone.</summary>
    internal static ThreadSandbox Prepare(SandboxMode mode, IEnumerable<SandboxedPath> paths, SandboxParts parts, bool resetsVms = false)
    {
        var all = paths.ToList();
        var layers = all.Exists(path => path.HasLayer) ? LayerFolder.Create() : null;
        all.AddRange(layers is null ? [] : [FolderOf(layers)]);
        var found = all.ConvertAll(path => MappedPath.TryFind(path, out var mapped) == Errno.None ? mapped : null);
        var sandbox = new ThreadSandbox([.. found.OfType<MappedPath>()], mode, parts) { IsComplete = !found.Contains(null), Layers = layers, ResetsVms = resetsVms };
        try
        {
            sandbox.Prepare();
            return sandbox;
        }
        catch
        {
            sandbox.Dispose();
            throw;
        }
    }

    /// <summary>Confines the calling thread, for good. To be called once by each thread.</summary>
    /// <exception cref="SystemCallException">The kernel refused; the thread may be confined in part, and should serve nobody.</exception>
    public void Enter()
    {
        if (_seccomp is null && State.Mode != SandboxMode.On)
        {
            return;
        }

        _mounts?.Enter();
        var result = LibC.Call(SandboxApi.SYS_prctl, SandboxApi.PR_SET_NO_NEW_PRIVS, 1);
        if (result < 0)
        {
            throw new SystemCallException("prctl", (Errno)(-result), "no_new_privs");
        }

        _landlock?.Enter();
        if (State.Capabilities is not null)
        {
            ThreadCapabilities.Drop();
        }

        // Last: none of the calls above is on its list.
        _seccomp?.Enter();
    }

    /// <summary>Finds the root of a mapping, as the confined threads are to see it.</summary>
    /// <param name="path">The mapping, as it was given to <see cref="Prepare(SandboxMode, IEnumerable{SandboxedPath}, bool)"/>.</param>
    /// <param name="node">The root, or null on failure.</param>
    public Errno TryFind(SandboxedPath path, out HostNode? node)
    {
        // What was not found then is looked for again, to say why.
        var mapped = DescriptorOf(path);
        return mapped is null ? HostNode.TryFind(path.Path, out node) : HostNode.TryHold(mapped, out node);
    }

    /// <summary>Finds the folder that the layers of guests may be made in.</summary>
    /// <param name="node">The folder, as the confined threads are to see it; null where no path was given that has a layer, or on failure.</param>
    public Errno TryFindLayers(out HostNode? node)
    {
        node = null;
        return Layers is null ? Errno.ENOENT : TryFind(FolderOf(Layers), out node);
    }

    /// <summary>The descriptor of a mapping; null when it was not found.</summary>
    internal FileDescriptor? DescriptorOf(SandboxedPath path) => _paths.Find(mapped => mapped.Asked == path)?.Descriptor;

    /// <inheritdoc/>
    public void Dispose()
    {
        _landlock?.Dispose();
        _mounts?.Dispose();
        _kept.ForEach(descriptor => descriptor.Dispose());
        _paths.ForEach(path => path.Dispose());
        Layers?.Dispose();
    }

    private static SandboxedPath FolderOf(LayerFolder layers) => new(layers.Path, IsWritable: true);

    private void Prepare()
    {
        if (State.Mode == SandboxMode.Off)
        {
            return;
        }

        var isLogged = State.Mode == SandboxMode.Log;
        MemoryTemplate.OpenPageMap();
        _seccomp = _parts.HasFlag(SandboxParts.Seccomp) && SeccompFilter.IsAvailable(isLogged) ? SeccompFilter.Create(isLogged, ResetsVms) : null;
        if (isLogged)
        {
            return;
        }

        MountReadOnly();
        State = State with
        {
            LandlockAbi = _parts.HasFlag(SandboxParts.Landlock) ? LandlockRuleset.GetAbi() : 0,
            Seccomp = _seccomp is not null,
            Capabilities = _parts.HasFlag(SandboxParts.Capabilities) ? ThreadCapabilities.Remaining() : null,
        };
        if (State.LandlockAbi > 0)
        {
            _landlock = LandlockRuleset.Create(State.LandlockAbi);
            _kept.AddRange(RuntimeFiles.Allow(_landlock));
            foreach (var path in _paths)
            {
                _landlock.Allow(path.Descriptor, path.IsDirectory, path.Asked.IsWritable, path.RealPath);
            }
        }
    }

    private void MountReadOnly()
    {
        if (!_parts.HasFlag(SandboxParts.Mounts) || _paths.TrueForAll(path => path.Asked.IsWritable))
        {
            return;
        }

        try
        {
            _mounts = MountNamespace.Create(_paths);
            State = State with { ReadOnlyBinds = true };
        }
        catch (SystemCallException e)
        {
            State = State with { ReadOnlyBinds = false, ReadOnlyBindsProblem = e.Message };
        }
    }
}
