using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Whatever a guest passes: nothing throws, and nothing outside its mappings is touched.</summary>
public sealed class SyscallFuzzTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public SyscallFuzzTests() => _guest = SyscallGuest.WithMappings(_folder);

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    // Whatever names come together, nothing outside the mapping is read or changed.
    [Fact]
    public void Paths_AtRandom_NeverLeaveTheMapping()
    {
        string[] parts = ["..", ".", "work", "sub", "out", "abs", "", "etc", "secret", "up", "bin", "link", "proc", "self", "root"];
        _folder.AddLink("work/up", "../..");
        _folder.AddLink("work/sub/link", "../../secret");
        var random = new Random(1);
        for (var index = 0; index < 20_000; index++)
        {
            _guest.Rewind();
            var path = "/work/" + string.Join('/', Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)]));
            var fd = _guest.Open(path, random.Next(4) == 0 ? 2 : 0);
            if (fd < 0)
            {
                _guest.Call(random.Next(2) == 0 ? CallNumber.Truncate : CallNumber.Unlink, _guest.Put(path.Contains("secret", StringComparison.Ordinal) ? path : path + "/secret"), 0);
                continue;
            }

            var buffer = _guest.Room(64);
            var read = _guest.Call(CallNumber.Read, (ulong)fd, buffer, 64);
            Assert.False(read > 0 && _guest.Text(buffer, read).StartsWith("secret", StringComparison.Ordinal), path);
            _guest.Call(CallNumber.Close, (ulong)fd);
        }

        Assert.Equal("secret", File.ReadAllText(_folder["secret"]));
    }

    // Nothing a guest passes may throw.
    [Fact]
    public void Calls_ArgumentsAtRandom_NeverThrow()
    {
        using var folder = new TempFolder();
        folder.AddFile("file", "content");
        using var guest = SyscallGuest.With(folder, limits: new() { BytesWritten = 1 << 20 });
        var random = new Random(7);
        ulong[] values =
            [0, 1, 2, 3, 4, 5, 0xFFFF_FF9C, ulong.MaxValue, SyscallGuest.User, SyscallGuest.User + 100, SyscallGuest.User + SyscallGuest.UserBytes - 3, 0x1000_0000, 1UL << 47, 4096, 0x7FFF_FFFF, 1UL << 31, 1UL << 63];
        var ids = Enum.GetValues<CallNumber>().Where(id => id < CallNumber.Zero).ToArray();
        string[] paths = ["/data/file", "/data/new", "/data", "/dev/zero", "file", "", "/data/.", "..", "/data/file/", "/proc/self/exe"];
        for (var index = 0; index < 200_000; index++)
        {
            if (index % 50 == 0)
            {
                guest.Rewind();
                guest.Put(paths[random.Next(paths.Length)]);
            }

            var id = ids[random.Next(ids.Length)];
            guest.Call(id, Value(), Value(), Value(), Value(), Value(), Value());
        }

        // Names that are no text of any encoding are beyond .NET.
        using var remove = System.Diagnostics.Process.Start("find", [folder.Root, "-mindepth", "1", "-maxdepth", "1", "-exec", "rm", "-rf", "{}", "+"]);
        remove.WaitForExit();

        ulong Value() => random.Next(4) == 0 ? (ulong)random.NextInt64() >> random.Next(64) : values[random.Next(values.Length)];
    }
}
