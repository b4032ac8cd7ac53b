using System.Diagnostics;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Library.Tests.Checking;

public sealed class WholeFilesTests : IDisposable
{
    private const int Limit = 1 << 20;

    private readonly TempFolder _folder = new();
    private readonly WholeFiles _files = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(Limit)]
    public void Read_File_IsItsBytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(_folder["file"], bytes);

        Assert.Equal(bytes, _files.Read(_folder["file"], Limit));
    }

    [Fact]
    public void Read_SameFileAgain_IsNotReadAgain()
    {
        _folder.AddFile("file", "abc");

        Assert.Same(_files.Read(_folder["file"], Limit), _files.Read(_folder["file"], Limit));
    }

    [Fact]
    public void Read_LongerThanItMayBe_IsRefused()
    {
        using (var file = File.Create(_folder["large"]))
        {
            file.SetLength(Limit + 1);
        }

        Assert.Equal("it is longer than 1 MiB", Problem(_folder["large"], Limit));
        Assert.Equal(Limit + 1, _files.Read(_folder["large"], 2 * Limit).Length);
        Assert.Equal("it is longer than 1 MiB", Problem(_folder["large"], Limit));
    }

    [Fact]
    public void Read_MoreThanAllMayHave_IsRefused()
    {
        _folder.AddFile("six", "sixsix");
        _folder.AddFile("five", "five!");
        _folder.AddFile("four", "four");
        var files = new WholeFiles(mostInAll: 10);

        Assert.Null(Problem(files, _folder["six"], Limit));
        Assert.Equal("it and the files before it are longer than half of this machine's memory", Problem(files, _folder["five"], Limit));
        Assert.Null(Problem(files, _folder["four"], Limit));
        Assert.Null(Problem(files, _folder["six"], Limit));
    }

    [Theory]
    [InlineData("/dev/zero", "it is a device, not a regular file")]
    [InlineData("/dev/tty", "")]
    [InlineData("/proc", "it is a folder, not a regular file")]
    [InlineData("/no/such/file", "ENOENT (No such file or directory)")]
    [InlineData("/no\0such", "ENOENT (No such file or directory)")]
    public void Read_NoRegularFile_IsRefused(string file, string problem) => Assert.StartsWith(problem, Problem(file, Limit), StringComparison.Ordinal);

    [Fact]
    public void Read_NamedPipe_IsRefusedAtOnce()
    {
        using (var made = Process.Start("mkfifo", [_folder["pipe"]]))
        {
            made.WaitForExit();
        }

        Assert.Equal("it is a named pipe, not a regular file", Problem(_folder["pipe"], Limit));
    }

    [Fact]
    public void Read_Null_IsEmpty() => Assert.Empty(_files.Read("/dev/null", Limit));

    private string? Problem(string file, int limit) => Problem(_files, file, limit);

    private static string? Problem(WholeFiles files, string file, int limit)
    {
        try
        {
            files.Read(file, limit);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
