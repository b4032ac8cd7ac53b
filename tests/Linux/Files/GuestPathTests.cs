using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class GuestPathTests
{
    [Theory]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("etc/passwd", "/etc/passwd")]
    [InlineData("//etc///passwd", "/etc/passwd")]
    [InlineData("/etc/./passwd/.", "/etc/passwd")]
    [InlineData("/etc/../passwd", "/passwd")]
    [InlineData("/../../etc", "/etc")]
    [InlineData("/a/b/../../c", "/c")]
    [InlineData("..", "/")]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("/etc/", "/etc/")]
    [InlineData("/etc/..//", "/")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a/.b/..c", "/a/.b/..c")]
    public void Normalise_Path_IsAbsoluteAndPlain(string path, string expected) => Assert.Equal(expected, Normalise(path));

    [Fact]
    public void Normalise_AnyPath_AgreesWithTheModel()
    {
        var parts = Gen.Elements("", ".", "..", "...", "a", "bc", "é", "/", " ");
        Prop.ForAll(parts.ArrayOf().ToArbitrary(), Gen.Elements("", "/").ToArbitrary(), (list, slash) =>
        {
            var path = string.Join('/', list) + slash;
            return Normalise(path) == Model(path) && Normalise("/" + path) == Model(path);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Normalise_AnyBytes_StayInTheBufferAndNormaliseToThemselves() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), path =>
    {
        var once = new byte[path.Length + 1];
        var length = GuestPath.Normalise(path, once);
        var twice = new byte[length + 1];
        var again = GuestPath.Normalise(once.AsSpan(0, length), twice);
        return length >= 1 && once[0] == '/' && twice.AsSpan(0, again).SequenceEqual(once.AsSpan(0, length));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Normalise_LongestPath_AllocatesNothing()
    {
        var path = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("/ab/..", GuestPath.MaxBytes / 6)));
        var target = new byte[path.Length + 1];
        GuestPath.Normalise(path, target);

        var before = GC.GetAllocatedBytesForCurrentThread();
        GuestPath.Normalise(path, target);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Normalise(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        var target = new byte[bytes.Length + 1];
        return Encoding.UTF8.GetString(target, 0, GuestPath.Normalise(bytes, target));
    }

    private static string Model(string path)
    {
        var stack = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && stack.Count > 0)
            {
                stack.RemoveAt(stack.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                stack.Add(part);
            }
        }

        return "/" + string.Join('/', stack) + (stack.Count > 0 && path.EndsWith('/') ? "/" : "");
    }
}
