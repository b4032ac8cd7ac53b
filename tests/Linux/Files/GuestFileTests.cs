using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class GuestFileTests
{
    [Theory]
    [InlineData(OpenFlags.ReadOnly, true, false)]
    [InlineData(OpenFlags.WriteOnly, false, true)]
    [InlineData(OpenFlags.ReadWrite, true, true)]
    [InlineData(OpenFlags.AccessMode, false, false)]
    [InlineData(OpenFlags.Path, false, false)]
    [InlineData(OpenFlags.Path | OpenFlags.ReadWrite, false, false)]
    public void CanReadAndWrite_Flags_SayWhat(int flags, bool canRead, bool canWrite)
    {
        using var file = new Plain(flags);

        Assert.Equal((canRead, canWrite), (file.CanRead, file.CanWrite));
    }

    [Fact]
    public void SetFlags_OnlyThoseThatCanChange_Do()
    {
        using var file = new Plain(OpenFlags.WriteOnly | OpenFlags.NonBlock);

        Assert.Equal(0, file.SetFlags(OpenFlags.ReadWrite | OpenFlags.Append));

        Assert.Equal(OpenFlags.WriteOnly | OpenFlags.Append, file.Flags);
    }

    [Fact]
    public void Release_LastDescriptor_ClosesIt()
    {
        var file = new Plain(0);
        file.Retain();
        file.Retain();

        file.Release();
        Assert.False(file.IsClosed);
        file.Release();

        Assert.True(file.IsClosed);
    }

    [Fact]
    public void Operations_ThatAKindDoesNotHave_SayWhy()
    {
        using var file = new Plain(0);

        Assert.Equal(
            [Errno.EBADF, Errno.EBADF, Errno.ESPIPE, Errno.ESPIPE, Errno.ESPIPE, Errno.ENOTDIR, Errno.EINVAL, Errno.EINVAL, Errno.ENOTTY],
            new[]
            {
                file.Read(new()), file.Write(new()), file.ReadAt(new(), 0), file.WriteAt(new(), 0), file.Seek(0, 0),
                file.ReadDirectory([]), file.Truncate(0), file.Sync(false), file.GetAvailable(),
            }.Select(result => (Errno)(-result)));
    }

    private sealed class Plain : GuestFile
    {
        public Plain(int flags) => Flags = flags;

        public bool IsClosed { get; private set; }

        public override void Dispose()
        {
            IsClosed = true;
            base.Dispose();
        }
    }
}
