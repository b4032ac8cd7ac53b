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
    public void Limit_Lowered_HoldsForNewNumbersAlone()
    {
        using var table = Table(openFiles: 7, firstLimit: 5);
        Assert.Equal((5, 10), (table.Limit, table.Capacity));
        var fds = new[] { table.Add(new RecordedFile()), table.Add(new RecordedFile()) };

        Assert.Equal([3, 4], fds);
        Assert.True(table.IsFull);
        Assert.Equal((-1, -1), (table.AddFrom(0, new RecordedFile(), closeOnExec: false), table.AddFrom(7, new RecordedFile(), closeOnExec: false)));
        table.Limit = 4;
        Assert.NotNull(table[4]);
        table.Limit = 10;
        Assert.Equal(7, table.AddFrom(7, new RecordedFile(), closeOnExec: false));
        table.Limit = 0;
        Assert.True(table.IsFull);
        Assert.Equal(0, table.Close(7));
    }

    // What the guest itself has limited is no limit of ours.
    [Fact]
    public void Limit_OfTheGuest_IsNoRefusal()
    {
        var use = new Quota("OpenFiles", 2);
        using var table = new FileTable((new RecordedFile(), new RecordedFile(), new RecordedFile()), 2, use, firstLimit: 3);

        Assert.Equal((-1, true, 0L), (table.Add(new RecordedFile()), table.IsFull, use.PeakUse.Hits));
        table.Limit = table.Capacity;
        Assert.Equal((3, 4, -1), (table.Add(new RecordedFile()), table.Add(new RecordedFile()), table.Add(new RecordedFile())));
        Assert.Equal(1, use.PeakUse.Hits);
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

    private static FileTable Table(int openFiles, int? firstLimit = null) => new(
        (new RecordedFile(), new RecordedFile(), new RecordedFile()), openFiles, new Quota("OpenFiles", openFiles), firstLimit);

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
