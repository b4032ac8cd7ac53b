using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Tests.Sandbox;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

/// <summary>
/// Lookups with a mistake in them, put there on purpose: without a sandbox each lets a guest do what it may not, and a single part of
/// the sandbox is enough to stop it.
/// </summary>
public sealed class FlawedLookupTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);
    private const int WriteOnly = 1;

    private readonly TempFolder _folder = new();

    public FlawedLookupTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("w/prog", "program");
        _folder.AddFile("w/.git/config", "config");
        _folder.AddFile("r/file", "read-only");
        _folder.AddLink("w/link", "/r/file");
        _folder.AddLink("w/git", ".git/config");
    }

    public void Dispose() => _folder.Dispose();

    // A root that is opened by its name once more: the guest has put a link in its place.
    [LandlockFact]
    public void RootsByPath_OutOfAMapping_IsStoppedByLandlockAlone()
    {
        FileMapping[] mappings = [Map("/prog", "w/prog", MappingAccess.Read), Map("/data", "w", MappingAccess.ReadWrite)];
        var names = _folder["w/prog"];
        string? Steal(SyscallGuest guest)
        {
            File.Delete(names);
            File.CreateSymbolicLink(names, _folder["secret"]);
            return guest.Open("/prog") >= 0 ? guest.Content("/prog") : null;
        }

        Assert.Equal("secret", Try(mappings, SandboxParts.None, tree => new RootsByPath(tree, mappings), Steal));
        File.Delete(names);
        _folder.AddFile("w/prog", "program");
        Assert.Null(Try(mappings, SandboxParts.Landlock, tree => new RootsByPath(tree, mappings), Steal));
    }

    // The right is taken from where the path began: a link in a writable mapping leads into a read-only one.
    [MountFact]
    public void RightOfTheBeginning_IntoAReadOnlyMapping_IsStoppedByTheReadOnlyMountAlone()
    {
        FileMapping[] mappings = [Map("/w", "w", MappingAccess.ReadWrite), Map("/r", "r", MappingAccess.Read)];

        Assert.Equal([0, 0, 0, 0, 0], Try(mappings, SandboxParts.None, tree => new RightOfTheBeginning(tree), guest => Change(guest, "/w/link")));
        var before = HostTree.Describe(_folder["r"]);
        Assert.All(
            Try(mappings, SandboxParts.Mounts, tree => new RightOfTheBeginning(tree), guest => Change(guest, "/w/link")),
            result => Assert.Equal(Errno.EROFS.ToResult(), result));
        Assert.Equal(before, HostTree.Describe(_folder["r"]));
    }

    // The host's kernel follows a link past the mapping that is nested, and so the right is the outer one's.
    [MountFact]
    public void LinksOfTheKernel_ThroughANestedMapping_IsStoppedByTheReadOnlyMountAlone()
    {
        FileMapping[] mappings = [Map("/w", "w", MappingAccess.ReadWrite), Map("/elsewhere", "w/.git", MappingAccess.Read)];

        Assert.Equal([0, 0, 0, 0, 0], Try(mappings, SandboxParts.None, tree => new LinksOfTheKernel(tree), guest => Change(guest, "/w/git")));
        var before = HostTree.Describe(_folder["w/.git"]);
        Assert.All(
            Try(mappings, SandboxParts.Mounts, tree => new LinksOfTheKernel(tree), guest => Change(guest, "/w/git")),
            result => Assert.Equal(Errno.EROFS.ToResult(), result));
        Assert.Equal(
            Errno.EROFS.ToResult(),
            Try(mappings, SandboxParts.Mounts, tree => new LinksOfTheKernel(tree), guest => guest.Call(CallNumber.Unlink, guest.Put("/w/.git/config"))));
        Assert.Equal(before, HostTree.Describe(_folder["w/.git"]));
    }

    private static long[] Change(SyscallGuest guest, string path) =>
    [
        Math.Min(0, guest.Open(path, WriteOnly)),
        guest.Call(CallNumber.Truncate, guest.Put(path), 1),
        guest.Call(CallNumber.Chmod, guest.Put(path), 0x1FF),
        guest.Call(CallNumber.Fchownat, Here, guest.Put(path), uint.MaxValue, uint.MaxValue, 0),
        guest.Call(CallNumber.Utimensat, Here, guest.Put(path), 0, 0),
    ];

    private static T Try<T>(FileMapping[] mappings, SandboxParts parts, Func<NamespaceTree, ILookupRule> makeRule, Func<SyscallGuest, T> act)
    {
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, mappings.Select(mapping => mapping.Sandboxed), parts);
        using var guest = new SyscallGuest(mappings, makeRule: makeRule, sandbox: sandbox);
        return Confined.Run(sandbox, () => act(guest));
    }

    private FileMapping Map(string guest, string host, MappingAccess access) => new(guest, _folder[host], access);
}
