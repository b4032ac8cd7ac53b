using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

/// <summary>
/// Random changes of a tree whose changes are kept apart, and the same of a plain copy of it: each call answers the same, both look the
/// same after it, and the host's own tree stays what it was.
/// </summary>
public sealed class OverlayPropertyTests : IDisposable
{
    private const ulong Here = unchecked((ulong)-100);
    private const uint Regular = 0x8000, Directory = 0x4000, Link = 0xA000, TypeMask = 0xF000, Fifo = 0x1000;

    private static readonly string[] Names = ["a", "b", "c", "d", "sub", "deep", "link", "up"];

    private readonly TempFolder _folder = new();

    public OverlayPropertyTests()
    {
        foreach (var root in (string[])["lower", "plain"])
        {
            _folder.AddFile($"{root}/a", "content of a");
            _folder.AddFile($"{root}/b", new string('b', 10_000));
            _folder.AddFile($"{root}/sub/a", "a in sub");
            _folder.AddFile($"{root}/sub/deep/c", "c in deep");
            _folder.AddFile($"{root}/sub/deep/up/d", "");
            _folder.AddFolder($"{root}/d");
            _folder.AddLink($"{root}/link", "sub");
            _folder.AddLink($"{root}/sub/link", "../a");
            _folder.AddLink($"{root}/sub/up", "..");
        }
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Change_AnySequence_IsAsOnAPlainCopy(int seed)
    {
        const int Steps = 150;
        var before = Describe(_folder["lower"]);
        using (var guest = new SyscallGuest(
            [new FileMapping("/o", _folder["lower"], MappingAccess.Overlay), new FileMapping("/p", _folder["plain"], MappingAccess.ReadWrite)],
            new FileLimits { InodesCreated = null }))
        {
            var random = new Random(seed);
            var done = new List<string>();
            var open = new List<(ulong Overlay, ulong Plain)>();
            for (var step = 0; step < Steps; step++)
            {
                guest.Rewind();
                var choice = random.Next();
                var overlay = Act(guest, "/o", new Random(choice), open.ConvertAll(pair => pair.Overlay));
                var plain = Act(guest, "/p", new Random(choice), open.ConvertAll(pair => pair.Plain));
                done.Add($"{plain.What} = {plain.Answer}");
                var story = string.Join('\n', done);
                Assert.True(overlay.Answer == plain.Answer, $"seed {seed}: {overlay.What} = {overlay.Answer}\n{story}");
                if (overlay.Opened is { } first && plain.Opened is { } second)
                {
                    open.Add((first, second));
                }

                guest.Rewind();
                var (left, right) = (Tree(guest, "/o"), Tree(guest, "/p"));
                Assert.True(left == right, $"seed {seed}:\n{story}\n{left}\nis not\n{right}");
            }
        }

        Assert.Equal(before, Describe(_folder["lower"]));
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(_folder.Root).Select(Path.GetFileName).Except(["lower", "plain"]));
    }

    private static string PathIn(string root, Random random)
    {
        var path = new StringBuilder(root);
        for (var depth = random.Next(1, 4); depth > 0; depth--)
        {
            path.Append('/').Append(random.Next(25) == 0 ? ".." : Names[random.Next(Names.Length)]);
        }

        // Not out of the mapping.
        var text = path.Append(random.Next(12) == 0 ? "/" : "").ToString();
        return text.Contains("..", StringComparison.Ordinal) ? $"{root}/sub/deep/{text[(root.Length + 1)..]}" : text;
    }

    private static (string What, string Answer, ulong? Opened) Act(SyscallGuest guest, string root, Random random, IReadOnlyList<ulong> open)
    {
        const int Create = 0x40, Exclusive = 0x80, Truncate = 0x200, Append = 0x400, ReadWrite = 2;
        var path = PathIn(root, random);
        var other = PathIn(root, random);
        var (first, second) = (guest.Put(path), guest.Put(other));
        int[] flags = [ReadWrite, ReadWrite | Create, ReadWrite | Create | Exclusive, ReadWrite | Truncate, ReadWrite | Create | Append, 1, 0];
        switch (random.Next(17))
        {
            case 0 or 1 or 2:
                var chosen = flags[random.Next(flags.Length)];
                var fd = guest.Call(CallNumber.Open, first, (ulong)chosen, 0x1A4);
                var isKept = (chosen & ReadWrite) != 0 && random.Next(3) == 0;
                var answer = fd < 0 ? Text(fd) : "open " + Use(guest, (ulong)fd, random, close: !isKept || open.Count > 20);
                return ($"open {path} {chosen:x}", answer, fd >= 0 && isKept && open.Count <= 20 ? (ulong)fd : null);
            case 3:
                return Told("mkdir", guest.Call(CallNumber.Mkdir, first, 0x1ED));
            case 4:
                return Told("rmdir", guest.Call(CallNumber.Rmdir, first));
            case 5 or 6:
                return Told("unlink", guest.Call(CallNumber.Unlink, first));
            case 7 or 8 or 9:
                return Told("rename", guest.Call(CallNumber.Rename, first, second));
            case 10:
                var how = (ulong)random.Next(1, 3);
                return Told($"renameat2 {how}", guest.Call(CallNumber.Renameat2, Here, first, Here, second, how));
            case 11:
                return Told("link", guest.Call(CallNumber.Link, first, second));
            case 12:
                return Told("symlink", guest.Call(CallNumber.Symlink, guest.Put(Names[random.Next(Names.Length)]), second));
            case 13:
                return Told("chmod", guest.Call(CallNumber.Chmod, first, (ulong)(0x180 | random.Next(0x80))));
            case 14:
                return Told("truncate", guest.Call(CallNumber.Truncate, first, (ulong)random.Next(9000)));
            case 15:
                return Told("mknod", guest.Call(CallNumber.Mknod, first, random.Next(2) == 0 ? Fifo | 0x1A4 : Regular | 0x1A4, 0));
            default:
                return open.Count == 0 ? Told("nothing", 0) : ($"use {random.Next()}", Use(guest, open[random.Next(open.Count)], random, close: false), null);
        }

        (string, string, ulong?) Told(string what, long result) => ($"{what} {path} {other}", Text(result), null);
    }

    private static string Text(long result) => result.ToString(CultureInfo.InvariantCulture);

    private static string Use(SyscallGuest guest, ulong fd, Random random, bool close)
    {
        var told = new StringBuilder();
        var buffer = guest.Room(4096);
        for (var times = random.Next(3); times > 0; times--)
        {
            var offset = (ulong)random.Next(6000);
            switch (random.Next(6))
            {
                case 0:
                    told.Append(guest.Call(CallNumber.Write, fd, guest.Put("written"), 7));
                    break;
                case 1:
                    told.Append(guest.Call(CallNumber.Pwrite64, fd, guest.Put("placed"), 6, offset));
                    break;
                case 2:
                    told.Append(guest.Call(CallNumber.Ftruncate, fd, offset));
                    break;
                case 3:
                    told.Append(guest.Call(CallNumber.Fchmod, fd, (ulong)(0x180 | random.Next(0x80))));
                    break;
                case 4:
                    told.Append(guest.Call(CallNumber.Lseek, fd, offset, (ulong)random.Next(3)));
                    break;
                default:
                    var read = guest.Call(CallNumber.Read, fd, buffer, 4096);
                    told.Append(read).Append(read > 0 ? guest.Text(buffer, read) : "");
                    break;
            }

            told.Append(' ');
        }

        if (close)
        {
            guest.Call(CallNumber.Close, fd);
        }

        return told.ToString();
    }

    // Everything below a directory, as the guest sees it.
    private static string Tree(SyscallGuest guest, string path)
    {
        guest.Rewind();
        var status = guest.Room(144);
        Assert.Equal(0, guest.Call(CallNumber.Lstat, guest.Put(path), status));
        var found = guest.Get<stat_t>(status);
        var told = new StringBuilder();
        told.Append(CultureInfo.InvariantCulture, $"{path[2..]} {found.st_mode:x} {found.st_uid}");
        switch (found.st_mode & TypeMask)
        {
            case Link:
                var target = guest.Room(256);
                told.Append(" -> ").AppendLine(guest.Text(target, guest.Call(CallNumber.Readlink, guest.Put(path), target, 256)));
                break;
            case Regular:
                told.Append(CultureInfo.InvariantCulture, $" {found.st_size} {found.st_nlink} ").AppendLine(Content(guest, path));
                break;
            case Directory:
                told.AppendLine();
                foreach (var name in List(guest, path))
                {
                    told.Append(Tree(guest, $"{path}/{name}"));
                }

                break;
            default:
                told.AppendLine();
                break;
        }

        return told.ToString();
    }

    private static string Content(SyscallGuest guest, string path)
    {
        var fd = guest.Open(path);
        var buffer = guest.Room(20_000);
        var read = guest.Call(CallNumber.Read, (ulong)fd, buffer, 20_000);
        guest.Call(CallNumber.Close, (ulong)fd);
        return Convert.ToHexString(XxHash128.Hash(guest.Bytes(buffer, (int)read)));
    }

    private static List<string> List(SyscallGuest guest, string path)
    {
        var fd = guest.Open(path);
        var buffer = guest.Room(4096);
        var names = new List<string>();
        long read;
        while ((read = guest.Call(CallNumber.Getdents64, (ulong)fd, buffer, 4096)) > 0)
        {
            var records = guest.Bytes(buffer, (int)read).ToArray().AsSpan();
            for (int length; !records.IsEmpty; records = records[length..])
            {
                length = BinaryPrimitives.ReadUInt16LittleEndian(records[16..]);
                var name = records[19..length];
                names.Add(Encoding.Latin1.GetString(name[..name.IndexOf((byte)0)]));
            }
        }

        Assert.Equal(0, read);
        guest.Call(CallNumber.Close, (ulong)fd);
        Assert.Equal(names.Count, names.Distinct().Count());
        return [.. names.Except([".", ".."]).Order(StringComparer.Ordinal)];
    }

    // Links are not followed.
    private static string Describe(string root) => string.Join('\n', new DirectoryInfo(root).EnumerateFileSystemInfos("*")
        .OrderBy(item => item.FullName, StringComparer.Ordinal)
        .Select(item => $"{item.FullName} {item.UnixFileMode} {item.LastWriteTimeUtc:O} {item.LinkTarget} {item switch
        {
            { LinkTarget: not null } => "",
            FileInfo => File.ReadAllText(item.FullName),
            _ => Describe(item.FullName),
        }}"));
}
