using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

public sealed class HostFileTests : IDisposable
{
    private const int ReadWrite = 2;

    private readonly TempFolder _folder = new();
    private readonly FileReader _reader;

    public HostFileTests()
    {
        _folder.AddFile("file", "0123456789");
        _folder.AddFolder("folder");
        _reader = new FileReader(_folder["file"]);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Read_InSteps_MovesOnAndEndsWithZero()
    {
        Assert.Equal(4, _reader.Read(4));
        Assert.Equal(6, _reader.Read(100));
        Assert.Equal("456789", _reader.Text(0, 6));
        Assert.Equal(0, _reader.Read(100));
    }

    [Fact]
    public void Read_SeveralPieces_FillsThemInOrder()
    {
        Assert.Equal(7, _reader.File.Read(_reader.Buffer((0x2000, 3), (0x1000, 4))));

        Assert.Equal(("012", "3456"), (_reader.Text(0x2000, 3), _reader.Text(0x1000, 4)));
    }

    [Fact]
    public void Read_NoPieces_IsZero() => Assert.Equal(0, _reader.File.Read(_reader.Buffer()));

    [Fact]
    public void ReadAt_Offset_LeavesThePositionAlone()
    {
        Assert.Equal(3, _reader.File.ReadAt(_reader.Buffer((0, 3)), 5));
        Assert.Equal("567", _reader.Text(0, 3));

        Assert.Equal(2, _reader.Read(2));
        Assert.Equal("01", _reader.Text(0, 2));
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(1L << 40, 0)]
    [InlineData(long.MaxValue, -22)]
    [InlineData(-1, -22)]
    public void ReadAt_PastTheEndIsZero_ImpossibleOffsetIsEinval(long offset, long expected) =>
        Assert.Equal(expected, _reader.File.ReadAt(_reader.Buffer((0, 1)), offset));

    [Theory]
    [InlineData(4, 0, 4)]
    [InlineData(3, 1, 5)]
    [InlineData(-1, 2, 9)]
    [InlineData(100, 0, 100)]
    [InlineData(0, 3, 0)]
    [InlineData(0, 4, 10)]
    [InlineData(-1, 0, -22)]
    [InlineData(0, 99, -22)]
    [InlineData(0, -1, -22)]
    [InlineData(10, 3, -6)]
    public void Seek_FromPositionTwo_AnswersAsTheSystemCallDoes(long offset, int whence, long expected)
    {
        _reader.Read(2);

        Assert.Equal(expected, _reader.File.Seek(offset, whence));
    }

    [Fact]
    public void Write_FileOpenedForReading_IsEbadf() =>
        Assert.Equal(Errno.EBADF.ToResult(), _reader.File.Write(_reader.Buffer((0, 1))));

    [Fact]
    public void Read_Directory_IsEisdir()
    {
        using var folder = new FileReader(_folder["folder"]);

        Assert.Equal(Errno.EISDIR.ToResult(), folder.Read(16));
    }

    [Fact]
    public void Seek_Pipe_IsEspipe()
    {
        using var proc = new AnonymousPipe();

        Assert.Equal(Errno.ESPIPE.ToResult(), proc.Reader.Seek(0, 0));
    }

    [Fact]
    public void Write_PipeNobodyReads_IsEpipe()
    {
        using var pipe = new AnonymousPipe();
        pipe.Reader.Dispose();

        Assert.Equal(Errno.EPIPE.ToResult(), pipe.Writer.Write(_reader.Buffer((0, 4))));
    }

    [Fact]
    public void Write_SeveralPieces_WritesThemInOrder()
    {
        using var pipe = new AnonymousPipe();
        _reader.SetText(0x100, "world");
        _reader.SetText(0x200, "hello ");

        Assert.Equal(11, pipe.Writer.Write(_reader.Buffer((0x200, 6), (0x100, 5))));

        Assert.Equal(11, pipe.Reader.Read(_reader.Buffer((0, 64))));
        Assert.Equal("hello world", _reader.Text(0, 11));
    }

    // Root, too: what the kernel spares a privileged writer it would not a guest's program.
    [Theory]
    [InlineData("write")]
    [InlineData("write at an offset")]
    [InlineData("truncate")]
    public void Change_FileWithSetIdBits_TakesThemFirst(string change)
    {
        const UnixFileMode Program = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;
        File.SetUnixFileMode(_folder["file"], Program | UnixFileMode.SetUser | UnixFileMode.SetGroup);
        using var file = new FileReader(_folder["file"], ReadWrite);

        var result = change switch
        {
            "write" => file.File.Write(file.Buffer((0, 4))),
            "truncate" => file.File.Truncate(4),
            _ => file.File.WriteAt(file.Buffer((0, 4)), 0),
        };

        Assert.Equal((change == "truncate" ? 0 : 4, Program), (result, File.GetUnixFileMode(_folder["file"])));
    }

    [Fact]
    public void Dispose_Twice_DoesNoHarm()
    {
        _reader.File.Dispose();
        _reader.File.Dispose();
    }
}
