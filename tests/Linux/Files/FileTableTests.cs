using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Tests.Files;

public class FileTableTests
{
    [Fact]
    public void Add_Files_GetTheLowestFreeNumber()
    {
        using var table = Table(openFiles: 4);
        Assert.Equal([3, 4, 5], new[] { table.Add(new RecordedFile()), table.Add(new RecordedFile()), table.Add(new RecordedFile()) });

        Assert.Equal(0, table.Close(4));

        Assert.Equal([4, 6], new[] { table.Add(new RecordedFile()), table.Add(new RecordedFile()) });
    }

    [Fact]
    public void Add_AfterAStandardStreamWasClosed_TakesItsNumber()
    {
        using var table = Table(openFiles: 1);
        table.Close(1);

        Assert.Equal(1, table.Add(new RecordedFile()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public void IsFull_AsManyFilesAsAllowed_IsTrue(int openFiles)
    {
        using var table = Table(openFiles);
        for (var index = 0; index < openFiles; index++)
        {
            Assert.False(table.IsFull);
            table.Add(new RecordedFile());
        }

        Assert.True(table.IsFull);
    }

    [Fact]
    public void Close_Twice_IsEbadfTheSecondTimeAndClosesOnce()
    {
        using var table = Table(openFiles: 4);
        var file = new RecordedFile();
        var fd = table.Add(file);

        Assert.Equal((0L, Errno.EBADF.ToResult()), (table.Close(fd), table.Close(fd)));
        Assert.Equal(1, file.Disposals);
        Assert.Null(table[fd]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Close_NumberThatIsNotOpen_IsEbadf(int fd)
    {
        using var table = Table(openFiles: 4);

        Assert.Equal(Errno.EBADF.ToResult(), table.Close(fd));
        Assert.Null(table[fd]);
    }

    [Fact]
    public void Dispose_ClosesEveryFileOnce()
    {
        var table = Table(openFiles: 4);
        var files = new[] { new RecordedFile(), new RecordedFile() };
        table.Add(files[0]);
        table.Add(files[1]);

        table.Dispose();
        table.Dispose();

        Assert.All(files, file => Assert.Equal(1, file.Disposals));
        Assert.Null(table[0]);
    }

    private static FileTable Table(int openFiles) => new(
        (new RecordedFile(), new RecordedFile(), new RecordedFile()), openFiles, new Quota("OpenFiles", openFiles));

    private sealed class RecordedFile : GuestFile
    {
        public int Disposals { get; private set; }

        public override void Dispose()
        {
            Disposals++;
            base.Dispose();
        }
    }
}
