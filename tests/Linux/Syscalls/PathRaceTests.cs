using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>
/// Two guests with different mappings of one tree make every call that takes a path, while the host renames, links and replaces
/// what their paths lead through. Nothing outside the mappings may be reached, and nothing that is read-only for both may change.
/// </summary>
public sealed class PathRaceTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);
    private const string Secret = "SECRET";

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private static readonly string[] Names =
    [
        "/p", "/p/a", "/p/b", "/p/d", "/p/d/x", "/p/l", "/p/l/x", "/p/l/config", "/p/l/../.git/config", "/p/d/../.git", "/p/.git/config", "/p/s/marker",
        "/p/.git/hooks/../../a", "/p/e/x", "/p/swap/x", "/p/swap/config", "/p/swap/marker", "/r/file", "/r", "/prog", "/p/prog", "/p/d/../prog", "/w/x", "/w/l", "/w/../p/a",
        "a", "d", "../a", "l/..", ".git", ".git/config", "swap", "x", ".", "..", "l", "/",
    ];

    private static readonly string[] Targets =
        ["../outside/marker", "../../outside/marker", "/r/file", ".git/config", ".git", "d", "..", "/", "../.git/hooks", "/p/.git", "l", "../../../../../../etc"];

    private readonly TempFolder _folder = new();

    public PathRaceTests()
    {
        _folder.AddFile("outside/marker", Secret);
        _folder.AddFile("outside/x", Secret);
        _folder.AddFile("outside/config", Secret);
        _folder.AddFile("p/a", "a");
        _folder.AddFile("p/b", "b");
        _folder.AddFile("p/d/x", "x");
        _folder.AddFile("p/swap/x", "x");
        _folder.AddFile("p/.git/config", "config");
        _folder.AddFile("p/.git/hooks/hook", "hook");
        _folder.AddFile("r/file", "read-only");
        _folder.AddFile("p/prog", "program");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Calls_HostAndAnotherGuestChangeTheWay_ReachOnlyWhatIsMapped()
    {
        var before = ReadOnlyTrees();
        var outside = Directory.EnumerateFileSystemEntries(_folder["outside"]).Append(_folder["outside"]).Append(_folder.Root).Select(Identity).ToHashSet();
        using var first = Guest(("/p", "p", MappingAccess.ReadWrite), ("/p/.git", "p/.git", MappingAccess.Read), ("/r", "r", MappingAccess.Read), ("/prog", "p/prog", MappingAccess.Read));
        using var second = Guest(("/p", "p", MappingAccess.Read), ("/w", "p/d", MappingAccess.ReadWrite), ("/p/.git", "p/.git", MappingAccess.Read), ("/r", "r", MappingAccess.Read));
        using var done = new CancellationTokenSource();
        var failures = new List<Exception>();
        var threads = new[]
        {
            Run(() => ChangeTheWay(new Random(1), done.Token)),
            Run(() => MakeCalls(first, outside, new Random(2), done.Token)),
            Run(() => MakeCalls(second, outside, new Random(3), done.Token)),
        };
        done.CancelAfter(Duration);
        foreach (var thread in threads)
        {
            thread.Join();
        }

        Assert.Empty(failures);
        Assert.Equal(string.Join('\n', before), string.Join('\n', ReadOnlyTrees()));

        Thread Run(Action action)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    action();
                }
                catch (Exception e)
                {
                    lock (failures)
                    {
                        failures.Add(e);
                    }
                }
            });
            thread.Start();
            return thread;
        }
    }

    private List<string> ReadOnlyTrees() =>
        [.. HostTree.Describe(_folder["outside"]), .. HostTree.Describe(_folder["p/.git"]), .. HostTree.Describe(_folder["r"]), .. File.ReadAllLines(_folder["p/prog"])];

    // What a program on the host might do meanwhile, and one that helps the guests.
    private void ChangeTheWay(Random random, CancellationToken done)
    {
        string[] folders = ["p/d", "p/e", "p/f"];
        while (!done.IsCancellationRequested)
        {
            try
            {
                switch (random.Next(5))
                {
                    case 0:
                        Remove("p/new");
                        _folder.AddLink("p/new", random.Next(3) == 0 ? _folder["outside"] : Targets[random.Next(Targets.Length)]);
                        File.Move(_folder["p/new"], _folder["p/l"], overwrite: true);
                        break;
                    case 1:
                        // A folder that becomes a link to the outside, and back.
                        Directory.Move(_folder["p/swap"], _folder["p/swapped"]);
                        _folder.AddLink("p/swap", random.Next(2) == 0 ? "../outside" : ".git");
                        Remove("p/swap");
                        Directory.Move(_folder["p/swapped"], _folder["p/swap"]);
                        break;
                    case 2:
                        Directory.Move(_folder[folders[random.Next(3)]], _folder[folders[random.Next(3)]]);
                        break;
                    case 3:
                        File.Move(_folder["p/a"], _folder["p/b"], overwrite: true);

                        // Not through a link that a guest has put there.
                        File.Move(_folder.AddFile("made", "a"), _folder["p/a"], overwrite: true);
                        break;
                    default:
                        Remove("p/s");
                        _folder.AddLink("p/s", "../outside");
                        break;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // The guests were there first.
            }
        }
    }

    private void Remove(string name)
    {
        if (new FileInfo(_folder[name]) is { LinkTarget: not null } or { Exists: true })
        {
            File.Delete(_folder[name]);
        }
    }

    private SyscallGuest Guest(params (string Guest, string Host, MappingAccess Access)[] mappings) =>
        new([.. mappings.Select(mapping => new FileMapping(mapping.Guest, _folder[mapping.Host], mapping.Access))]);

    private static void MakeCalls(SyscallGuest guest, HashSet<HostIdentity> outside, Random random, CancellationToken done)
    {
        var rows = SyscallTable.Rows.Where(row => row is { Handler: not null, PathArgument: not null }).ToList();
        while (!done.IsCancellationRequested)
        {
            guest.Rewind();
            var row = rows[random.Next(rows.Count)];
            var buffer = guest.Room(256);
            var result = guest.Call((CallNumber)row.Number, Arguments(row, guest, random, buffer));
            if (result == 0 && row.Name is "stat" or "lstat" or "newfstatat")
            {
                AssertInside(guest.Get<stat_t>(buffer), outside);
            }

            if (result >= 0 && row.Name is "open" or "openat" or "creat")
            {
                UseFile(guest, result, buffer, outside);
            }

            if (random.Next(20) == 0)
            {
                guest.Call(CallNumber.Chdir, guest.Put("/p"));
            }
        }
    }

    private static void UseFile(SyscallGuest guest, long fd, ulong buffer, HashSet<HostIdentity> outside)
    {
        if (guest.Call(CallNumber.Fstat, (ulong)fd, buffer) == 0)
        {
            AssertInside(guest.Get<stat_t>(buffer), outside);
        }

        var read = guest.Call(CallNumber.Read, (ulong)fd, buffer, 64);
        Assert.False(read > 0 && guest.Text(buffer, read).StartsWith(Secret, StringComparison.Ordinal));
        guest.Call(CallNumber.Write, (ulong)fd, guest.Put("written"), 7);
        guest.Call(CallNumber.Fchmod, (ulong)fd, 0x1FF);
        guest.Call(CallNumber.Close, (ulong)fd);
    }

    // What each call takes after its path, so that most calls do what they are for.
    private static ulong[] Arguments(SyscallRow row, SyscallGuest guest, Random random, ulong buffer)
    {
        var (path, other) = (guest.Put(Names[random.Next(Names.Length)]), guest.Put(Names[random.Next(Names.Length)]));
        var target = guest.Put(Targets[random.Next(Targets.Length)]);
        var mode = 0x1C0UL | (ulong)random.Next(0x40);
        var flags = (ulong)(random.Next(3) | (random.Next(2) * 0x40) | (random.Next(4) == 0 ? 0x200 : 0) | (random.Next(4) == 0 ? 0x20_0000 : 0) | (random.Next(4) == 0 ? 0x2_0000 : 0));
        var noFollow = random.Next(2) == 0 ? 0x100UL : 0;
        var owner = random.Next(2) == 0 ? uint.MaxValue : 1000u;
        return row.Name switch
        {
            "open" => [path, flags, mode],
            "openat" => [Here, path, flags, mode],
            "truncate" => [path, 3],
            "rename" or "link" => [path, other],
            "renameat" or "linkat" => [Here, path, Here, other, 0],
            "renameat2" => [Here, path, Here, other, (ulong)random.Next(3)],
            "symlink" => [target, path],
            "symlinkat" => [target, Here, path],
            "chown" or "lchown" => [path, owner, owner],
            "fchownat" => [Here, path, owner, owner, noFollow],
            "readlink" or "stat" or "lstat" or "statfs" => [path, buffer, 64],
            "readlinkat" => [Here, path, buffer, 64],
            "newfstatat" => [Here, path, buffer, noFollow],
            "statx" => [Here, path, noFollow, 0x7FF, buffer],
            "utime" or "utimes" => [path, 0],
            "futimesat" => [Here, path, 0],
            "utimensat" => [Here, path, 0, noFollow],
            "unlinkat" => [Here, path, (ulong)random.Next(2) * 0x200],
            _ => row.PathArgument == 1 ? [path, mode] : [Here, path, mode],
        };
    }

    private static void AssertInside(in stat_t status, HashSet<HostIdentity> outside) =>
        Assert.DoesNotContain(new HostIdentity(status.st_dev, status.st_ino), outside);

    private static HostIdentity Identity(string path)
    {
        Assert.Equal(Errno.None, HostNode.TryFind(path, out var node));
        using (node)
        {
            return node!.Identity;
        }
    }
}
