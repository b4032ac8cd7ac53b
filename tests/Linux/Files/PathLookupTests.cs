using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

public sealed class PathLookupTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public PathLookupTests()
    {
        _folder.AddFile("data/a/b/file", "file");
        _folder.AddFile("data/top", "top");
        _folder.AddFile("other/file", "other");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/data/a/b/..", "/data/a")]
    [InlineData("/data/a/b/../..", "/data")]
    [InlineData("/data/..", "/")]
    [InlineData("/..", "/")]
    [InlineData("/data/./a//b/.", "/data/a/b")]
    [InlineData("/data/up/..", "/data/a")]
    [InlineData("/data/link/..", "/data/a")]
    [InlineData("/data/away", "/other")]
    [InlineData("/data/away/../data/top", "/data/top")]
    [InlineData("/data/link/file", "/data/a/b/file")]
    public void Find_DotsAndLinks_LeadAsOnLinux(string path, string expected)
    {
        _folder.AddLink("data/link", "a/b");
        _folder.AddLink("data/up", "a/b/../b");
        _folder.AddLink("data/away", "../../../other");
        using var files = Open();

        Assert.Equal((Errno.None, expected), Find(files, path));
    }

    [Theory]
    [InlineData("/data/missing/../top", Errno.ENOENT)]
    [InlineData("/data/top/..", Errno.ENOTDIR)]
    [InlineData("/data/top/.", Errno.ENOTDIR)]
    [InlineData("/data/top/", Errno.ENOTDIR)]
    [InlineData("/nowhere/../data/top", Errno.ENOENT)]
    [InlineData("/data/loop", Errno.ELOOP)]
    [InlineData("/data/loop/..", Errno.ELOOP)]
    [InlineData("/data/grows/..", Errno.ELOOP)]
    public void Find_WayThatIsNotThere_SaysWhy(string path, Errno expected)
    {
        _folder.AddLink("data/loop", "loop");
        _folder.AddLink("data/grows", "grows/grows");
        using var files = Open();

        Assert.Equal(expected, Find(files, path).Errno);
    }

    [Theory]
    [InlineData(40, Errno.None)]
    [InlineData(41, Errno.ELOOP)]
    public void Find_ChainOfLinks_MayBeFortyLong(int links, Errno expected)
    {
        for (var index = 1; index < links; index++)
        {
            _folder.AddLink($"data/{index}", $"{index + 1}");
        }

        _folder.AddLink($"data/{links}", "top");
        using var files = Open();

        Assert.Equal(expected, Find(files, "/data/1").Errno);
    }

    // Forty links of two thousand names each would be eighty thousand steps.
    [Fact]
    public void Find_LinksThroughTooManyNames_IsEloopAndClosesEverything()
    {
        var turns = string.Concat(Enumerable.Repeat("a/../", 800));
        for (var index = 1; index <= 30; index++)
        {
            _folder.AddLink($"data/{index}", $"{turns}{index + 1}");
        }

        _folder.AddLink("data/31", "top");
        using var files = Open();
        var open = OpenDescriptors.Below(_folder.Root);

        Assert.Equal(Errno.ELOOP, Find(files, "/data/1").Errno);
        Assert.Equal((Errno.None, "/data/top"), Find(files, "/data/25"));
        Assert.Equal(open, OpenDescriptors.Below(_folder.Root));
    }

    [Fact]
    public void Find_LinksOfGreatLength_IsEnametoolong()
    {
        var dots = string.Concat(Enumerable.Repeat("./", 2000));
        for (var index = 1; index <= 6; index++)
        {
            _folder.AddLink($"data/{index}", $"{index + 1}/{dots}");
        }

        using var files = Open();

        Assert.Equal(Errno.ENAMETOOLONG, Find(files, "/data/1").Errno);
    }

    [Fact]
    public void Find_StopWhileItGoesOn_IsEintr()
    {
        using var files = Open();
        var asked = 0;
        files.IsStopped = () => ++asked == 3;
        var path = "/data/" + string.Concat(Enumerable.Repeat("a/../", 200)) + "top";

        Assert.Equal((Errno.EINTR, 3), (Find(files, path).Errno, asked));
    }

    [Fact]
    public void Find_DeepPathAndBack_HoldsFewDescriptorsAndFindsTheWay()
    {
        const int Depth = 200;
        var deep = string.Concat(Enumerable.Repeat("d/", Depth));
        _folder.AddFolder("data/" + deep);
        var most = 0;
        using var files = Open();
        files.IsStopped = () =>
        {
            most = Math.Max(most, OpenDescriptors.Below(_folder.Root));
            return false;
        };

        Assert.Equal((Errno.None, "/data/top"), Find(files, "/data/" + deep + string.Concat(Enumerable.Repeat("../", Depth)) + "top"));
        Assert.InRange(most, LookupStack.MaxHeld - 2, LookupStack.MaxHeld + 4);
    }

    [Fact]
    public void Find_WhatWasPassedIsGone_IsNotTakenForAnother()
    {
        const int Depth = 100;
        var deep = string.Concat(Enumerable.Repeat("d/", Depth));
        _folder.AddFolder("data/" + deep);
        using var files = Open();
        files.IsStopped = () =>
        {
            if (Directory.Exists(_folder["data/d/d/d"]) && !Directory.Exists(_folder["moved"]))
            {
                Directory.Move(_folder["data/d/d"], _folder["moved"]);
                _folder.AddFolder("data/d/d");
            }

            return false;
        };

        Assert.Equal(Errno.ENOENT, Find(files, "/data/" + deep + string.Concat(Enumerable.Repeat("../", Depth)) + "top").Errno);
    }

    [Theory]
    [InlineData("/data/new", "Normal", "/data", false)]
    [InlineData("/data/a/new/", "Normal", "/data/a", true)]
    [InlineData("/data/link", "Normal", "/data", false)]
    [InlineData("/data/link/new", "Normal", "/data/a/b", false)]
    [InlineData("/data/a/.", "Dot", "/data/a", false)]
    [InlineData("/data/a/..", "DotDot", "/data/a", false)]
    [InlineData("/", "Root", "/", false)]
    public void Find_Parent_IsTheDirectoryAndTheName(string path, string last, string directory, bool hasSeparator)
    {
        _folder.AddLink("data/link", "a/b");
        using var files = Open();

        Assert.Equal(Errno.None, files.Find("/"u8, Encoding.ASCII.GetBytes(path), LookupMode.Parent, out var found));
        using (found)
        {
            Assert.Equal((last, directory, hasSeparator), (found!.Last.ToString(), Encoding.ASCII.GetString(found.Path), found.HasSeparator));
        }
    }

    // As with Debian's /bin: the host's folder by a link, and in it the user's mapping.
    [Fact]
    public void Find_MappingBelowALinkOfTheHosts_IsSeenWithWhatTheLinkLeadsTo()
    {
        _folder.AddLink("data/bin", "a/b");
        using var files = FileNamespace.Open(
            [new FileMapping("/", _folder["data"], MappingAccess.Read), new FileMapping("/bin/tool", _folder["other/file"], MappingAccess.Read)], null);

        Assert.Equal((Errno.None, "/bin/file"), Find(files, "/bin/file"));
        Assert.Equal((Errno.None, "/bin/tool"), Find(files, "/bin/tool"));
        Assert.Equal((Errno.None, "/top"), Find(files, "/bin/../top"));
    }

    [Fact]
    public void Find_MappingBelowALinkThatLeadsRound_IsEloop()
    {
        _folder.AddLink("data/bin", "bin/../bin/../bin");
        using var files = FileNamespace.Open(
            [new FileMapping("/", _folder["data"], MappingAccess.Read), new FileMapping("/bin/tool", _folder["other/file"], MappingAccess.Read)], null);

        Assert.Equal(Errno.ELOOP, Find(files, "/bin/tool").Errno);
    }

    // Both ways to the same place: many steps at once, and each alone.
    [Theory]
    [InlineData(MappingAccess.Read)]
    [InlineData(MappingAccess.ReadWrite)]
    public void Find_ManyStepsAtOnce_EndsWhereSingleStepsDo(MappingAccess access)
    {
        _folder.AddLink("data/a/up", "..");
        _folder.AddLink("data/a/b/out", "/other");
        _folder.AddFile("data/a/b/c/d/file", "deep");
        _folder.AddLink("data/a/b/c/file", "d/file");
        FileMapping[] mappings = [new("/data", _folder["data"], access), new("/m", _folder["data/a/b"], MappingAccess.ReadWrite), new("/other", _folder["other"], access)];
        using var files = FileNamespace.Open(mappings, null);
        using var slow = FileNamespace.Open(mappings, null, tree => new StepByStep(tree));
        string[] names = ["a", "b", "c", "d", "file", "up", "out", "..", ".", "", "missing", "top"];
        string[] starts = ["/data/", "/m/", "/other/", "/", "/data/a/b/c/"];
        var random = new Random(1);
        for (var index = 0; index < 5000; index++)
        {
            var path = starts[random.Next(starts.Length)] + string.Join('/', Enumerable.Range(0, random.Next(1, 7)).Select(_ => names[random.Next(names.Length)]));
            foreach (var mode in (LookupMode[])[LookupMode.Object, LookupMode.Follow, LookupMode.Parent, LookupMode.Create, LookupMode.Create | LookupMode.Follow])
            {
                Assert.Equal((path, mode, Describe(slow, path, mode)), (path, mode, Describe(files, path, mode)));
            }
        }
    }

    private static string Describe(FileNamespace files, string path, LookupMode mode)
    {
        var errno = files.Find("/"u8, Encoding.ASCII.GetBytes(path), mode, out var found);
        using (found)
        {
            return found is null ? $"{errno}"
                : $"{Encoding.ASCII.GetString(found.Path)} {found.Host?.Identity} {found.Last} {Encoding.ASCII.GetString(found.Name)} {found.IsWritable} {found.Node?.Name}";
        }
    }

    private static (Errno Errno, string? Path) Find(FileNamespace files, string path)
    {
        var errno = files.Find("/"u8, Encoding.ASCII.GetBytes(path), LookupMode.Follow, out var found);
        using (found)
        {
            return (errno, found is null ? null : Encoding.ASCII.GetString(found.Path));
        }
    }

    private sealed class StepByStep(NamespaceTree tree) : ILookupRule
    {
        private readonly LookupRule _rule = new(tree);

        public Errno TryStep(HostNode directory, ReadOnlySpan<byte> name, out HostNode? node) => _rule.TryStep(directory, name, out node);

        public NamespaceNode Decide(NamespaceNode began, NamespaceNode current, HostNode node) => _rule.Decide(began, current, node);

        public Errno TryOpen(HostNode node, int flags, uint mode, out HostFile? file) => _rule.TryOpen(node, flags, mode, out file);
    }

    private FileNamespace Open() => FileNamespace.Open(
        [new FileMapping("/data", _folder["data"], MappingAccess.ReadWrite), new FileMapping("/other", _folder["other"], MappingAccess.Read)], null);
}
