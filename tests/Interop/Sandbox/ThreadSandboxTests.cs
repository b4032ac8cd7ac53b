using System.Globalization;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Sandbox;

public sealed class ThreadSandboxTests : IDisposable
{
    private const int RenameAt2 = LibC.SYS_renameat2;

    private readonly TempFolder _folder = new();

    public ThreadSandboxTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("read/file", "inside");
        _folder.AddFile("write/file", "inside");
        _folder.AddFile("write/.git/config", "nested");
        _folder.AddFolder("write/sub");
    }

    private SandboxedPath ReadOnly => new(_folder["read"], IsWritable: false);

    private SandboxedPath Writable => new(_folder["write"], IsWritable: true);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Enter_OneThread_ConfinesItAlone()
    {
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [ReadOnly]);

        var inside = StatusInside(sandbox);

        var outside = StatusOf(LibC.gettid());
        Assert.Equal("2", inside["Seccomp"]);
        Assert.Equal("1", inside["NoNewPrivs"]);
        Assert.InRange(Hex(inside["CapEff"]), 0ul, 0xFul);
        Assert.Equal(inside["CapEff"], inside["CapPrm"]);
        Assert.Equal("0", outside["NoNewPrivs"]);
        Assert.Equal("0", outside["Seccomp"]);
    }

    [LandlockFact]
    public void Enter_FileOutsideTheMappings_CannotBeOpenedByAnyName()
    {
        _folder.AddLink("write/link", _folder["secret"]);
        var descriptor = LibC.Check(LibC.open(_folder["secret"], LibC.O_PATH | LibC.O_CLOEXEC, 0), "open");
        string[] names =
        [
            _folder["secret"], $"{_folder["write"]}/../secret", _folder["write/link"], $"/proc/self/root{_folder["secret"]}",
            $"/proc/{Environment.ProcessId}/root{_folder["secret"]}", $"/proc/self/fd/{descriptor}", $"/proc/thread-self/root{_folder["secret"]}",
            "/proc/self/mem", "/proc/self/environ", "/proc/self/maps", "/proc/self/task", "/proc/1/environ", "/proc/version", .. File.Exists("/dev/kvm") ? ["/dev/kvm"] : Array.Empty<string>(), "/",
            "/tmp", Path.Combine(AppContext.BaseDirectory, "KvmActors.Interop.Tests.runtimeconfig.json"),
        ];

        var found = Confined.Run([ReadOnly, Writable], () => names.Select(name => (name, Errno: Confined.Open(name))).ToList());

        _ = LibC.close(descriptor);
        Assert.All(found, pair => Assert.Equal((pair.name, Errno.EACCES), pair));
    }

    [LandlockFact]
    public void Enter_PathWithALayer_LayersCanBeChangedAndThePathCannot()
    {
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [new SandboxedPath(_folder["read"], IsWritable: false, HasLayer: true)]);
        Assert.Equal(Errno.None, sandbox.TryFindLayers(out var layers));
        using (layers)
        {
            var (made, removed) = (0L, 0L);
            var thread = new Thread(() =>
            {
                sandbox.Enter();
                made = layers!.MakeDirectory("layer\0"u8, 0x1C0);
                removed = Confined.CallAt(LibC.SYS_unlinkat, _folder["read/file"]) == Errno.None ? 0 : -1;
            });
            thread.Start();
            thread.Join();

            Assert.Equal((0, -1), (made, removed));
        }

        Assert.True(File.Exists(_folder["read/file"]));
    }

    [Fact]
    public void Enter_FilesOfTheMappings_CanBeUsed()
    {
        var write = Writable.Path;
        var results = Confined.Run([ReadOnly, Writable], () => new Dictionary<string, Errno>(StringComparer.Ordinal)
        {
            ["read"] = Confined.Open(_folder["read/file"]),
            ["list"] = Confined.Open(_folder["read"], LibC.O_DIRECTORY),
            ["open again"] = ReopenThroughDescriptor(_folder["read/file"], LibC.O_RDONLY),
            ["open again to write"] = ReopenThroughDescriptor(_folder["write/file"], LibC.O_RDWR),
            ["make"] = Confined.Open($"{write}/new", LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL),
            ["truncate"] = Confined.Open($"{write}/new", LibC.O_RDWR | LibC.O_TRUNC),
            ["mkdir"] = Confined.CallAt(LibC.SYS_mkdirat, $"{write}/directory", 0x1ED),
            ["symlink"] = Confined.Call(LibC.SYS_symlinkat, "anywhere", LibC.AT_FDCWD, Pointer($"{write}/symbolic")),
            ["link"] = Confined.CallAt(LibC.SYS_linkat, $"{write}/new", $"{write}/sub/linked"),
            ["rename"] = Confined.CallAt(RenameAt2, $"{write}/new", $"{write}/directory/renamed"),
            ["chmod"] = Confined.Call(LibC.SYS_chmod, $"{write}/directory/renamed", 0x180),
            ["times"] = Confined.CallAt(LibC.SYS_utimensat, $"{write}/directory/renamed"),
            ["unlink"] = Confined.CallAt(LibC.SYS_unlinkat, $"{write}/sub/linked"),
            ["rmdir"] = Confined.CallAt(LibC.SYS_unlinkat, $"{write}/sub", LibC.AT_REMOVEDIR),
        });

        Assert.All(results, pair => Assert.Equal((pair.Key, Errno.None), (pair.Key, pair.Value)));
    }

    [LandlockFact]
    public void Enter_ReadOnlyMapping_CannotBeChanged()
    {
        var refused = Confined.Run([ReadOnly, Writable], () => new[]
        {
            Confined.Open(_folder["read/file"], LibC.O_RDWR),
            Confined.Open(_folder["read/new"], LibC.O_RDWR | LibC.O_CREAT),
            Confined.CallAt(LibC.SYS_mkdirat, _folder["read/directory"], 0x1ED),
            Confined.CallAt(LibC.SYS_unlinkat, _folder["read/file"]),
            Confined.CallAt(RenameAt2, _folder["read/file"], _folder["write/moved"]),
            Confined.CallAt(RenameAt2, _folder["write/file"], _folder["read/moved"]),
        });

        Assert.All(refused, errno => Assert.True(errno is Errno.EACCES or Errno.EROFS or Errno.EXDEV));
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(_folder["read"]).Select(Path.GetFileName));
        Assert.True(File.Exists(_folder["write/file"]));
    }

    [MountFact]
    public void Enter_ReadOnlyMapping_KeepsModesOwnersAndTimes()
    {
        var before = File.GetUnixFileMode(_folder["read/file"]);
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [ReadOnly, Writable]);
        var root = sandbox.DescriptorOf(ReadOnly)!.Number;
        Assert.Equal(
            [Errno.EROFS, Errno.EROFS, Errno.EROFS],
            Confined.Run(sandbox, () => new[]
            {
                Confined.Call(LibC.SYS_chmod, $"/proc/self/fd/{root}/file"),
                Confined.CallAt(LibC.SYS_fchownat, "file", 7, 7, directory: root),
                Confined.CallAt(LibC.SYS_utimensat, "file", directory: root),
            }));
        Assert.Equal(
            [Errno.EROFS, Errno.EROFS, Errno.EROFS],
            Confined.Run(sandbox, () => new[]
            {
                Confined.Call(LibC.SYS_chmod, _folder["read/file"]),
                Confined.CallAt(LibC.SYS_fchownat, _folder["read/file"], 7, 7),
                Confined.CallAt(LibC.SYS_utimensat, _folder["read/file"]),
            }));
        Assert.Equal(before, File.GetUnixFileMode(_folder["read/file"]));
        Assert.True(sandbox.State.ReadOnlyBinds);
    }

    [MountFact]
    public void Enter_ReadOnlyMappingBelowAWritableOne_CannotBeChangedThroughIt()
    {
        var nested = new SandboxedPath(_folder["write/.git"], IsWritable: false);
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [Writable, nested]);
        var root = sandbox.DescriptorOf(Writable)!.Number;
        Assert.Equal(Errno.EROFS, Confined.Run(sandbox, () => Confined.CallAt(LibC.SYS_fchownat, ".git/config", 7, 7, directory: root)));
        Assert.Equal(
            [Errno.EROFS, Errno.EROFS, Errno.EROFS, Errno.EBUSY, Errno.None],
            Confined.Run(sandbox, () => new[]
            {
                Confined.Open(_folder["write/.git/config"], LibC.O_RDWR),
                Confined.CallAt(LibC.SYS_unlinkat, _folder["write/.git/config"]),
                Confined.Open(_folder["write/.git/new"], LibC.O_RDWR | LibC.O_CREAT),
                Confined.CallAt(RenameAt2, _folder["write/.git"], _folder["write/moved"]),
                Confined.Open(_folder["write/file"], LibC.O_RDWR),
            }));
        Assert.True(File.Exists(_folder["write/.git/config"]));
    }

    [MountFact]
    public void Enter_WritableMappingBelowAReadOnlyOne_CanBeChanged()
    {
        var outer = new SandboxedPath(_folder.Root, IsWritable: false);
        var everything = new SandboxedPath("/", IsWritable: false);
        foreach (var paths in (SandboxedPath[][])[[outer, Writable], [Writable, outer], [everything, Writable], [everything, outer, Writable]])
        {
            var results = Confined.Run(paths, () => (
                Confined.Open(_folder["write/file"], LibC.O_RDWR),
                Confined.Call(LibC.SYS_chmod, _folder["write/file"], 0x1B4),
                Confined.Call(LibC.SYS_chmod, _folder["secret"], 0x1B4),
                Confined.Open(_folder["secret"])));

            Assert.Equal((Errno.None, Errno.None, Errno.EROFS, Errno.None), results);
        }
    }

    [MountFact]
    public void Enter_OnePlaceMappedTwice_IsWritable()
    {
        var again = new SandboxedPath(_folder["write"], IsWritable: false);
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [again, Writable, ReadOnly]);

        Assert.Equal((Errno.None, Errno.EROFS), Confined.Run(sandbox, () => (
            Confined.Call(LibC.SYS_chmod, _folder["write/file"], 0x1B4), Confined.Call(LibC.SYS_chmod, _folder["read/file"], 0x1B4))));
    }

    [Fact]
    public void Enter_MappedFile_IsThatFileAlone()
    {
        var file = new SandboxedPath(_folder["read/file"], IsWritable: false);
        var other = new SandboxedPath(_folder["write/file"], IsWritable: true);

        var results = Confined.Run([file, other], () => (
            Confined.Open(file.Path), Confined.Open(other.Path, LibC.O_RDWR | LibC.O_TRUNC), Confined.Open(_folder["write/.git/config"])));

        Assert.Equal((Errno.None, Errno.None, LandlockRuleset.GetAbi() > 0 ? Errno.EACCES : Errno.None), results);
    }

    [Fact]
    public void Enter_LinkAsMapping_IsFollowedOnce()
    {
        _folder.AddLink("alias", _folder["read"]);
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [new SandboxedPath(_folder["alias"], IsWritable: false)]);
        File.Delete(_folder["alias"]);

        Assert.Equal(Errno.None, Confined.Run(sandbox, () => Confined.Open(_folder["read/file"])));
    }

    [Fact]
    public void Prepare_NothingThere_IsLeftOut()
    {
        var missing = new SandboxedPath(_folder["missing"], IsWritable: false);
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, [missing, ReadOnly]);

        Assert.Null(sandbox.DescriptorOf(missing));
        Assert.Equal(Errno.None, Confined.Run(sandbox, () => Confined.Open(_folder["read/file"])));
    }

    [Fact]
    public void Prepare_Off_ConfinesNothing()
    {
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.Off, [ReadOnly]);

        var status = StatusInside(sandbox);

        Assert.Equal(("0", "0"), (status["Seccomp"], status["NoNewPrivs"]));
        Assert.Equal(SandboxState.Off, sandbox.State);
    }

    [Fact]
    public void Prepare_Log_RefusesNothing()
    {
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.Log, [ReadOnly]);

        Assert.Equal(Errno.None, Confined.Run(sandbox, () => Confined.Open("/proc/version")));
        Assert.Equal("2", StatusInside(sandbox)["Seccomp"]);
        Assert.Equal((0, false), (sandbox.State.LandlockAbi, sandbox.State.Seccomp));
    }

    private static nint Pointer(string path) => (nint)System.Runtime.InteropServices.Marshal.StringToCoTaskMemUTF8(path);

    private static Errno ReopenThroughDescriptor(string path, int flags)
    {
        var found = LibC.open(path, LibC.O_PATH | LibC.O_CLOEXEC, 0);
        var errno = Confined.Open($"/proc/self/fd/{found}", flags);
        _ = LibC.close(found);
        return errno;
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // Read by a thread that is not confined, while one that is waits.
    private static Dictionary<string, string> StatusInside(ThreadSandbox sandbox)
    {
        using var entered = new SemaphoreSlim(0);
        using var seen = new SemaphoreSlim(0);
        var thread = 0;
        var confined = new Thread(() => Confined.Run(sandbox, () =>
        {
            thread = LibC.gettid();
            entered.Release();
            seen.Wait();
            return 0;
        }));
        confined.Start();
        Assert.True(entered.Wait(TestTime.Seconds(60)));
        var status = StatusOf(thread);
        seen.Release();
        confined.Join();
        return status;
    }

    private static Dictionary<string, string> StatusOf(int thread) =>
        File.ReadLines($"/proc/self/task/{thread}/status").Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.Ordinal);
}
