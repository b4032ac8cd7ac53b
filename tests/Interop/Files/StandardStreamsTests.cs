using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Files;

public sealed class StandardStreamsTests
{
    [Fact]
    public void AreThere_InATest_IsTrue() => Assert.True(StandardStreams.AreThere);

    [Fact]
    public void IsThere_FileThatWasOpenedHere_IsNone()
    {
        using var file = File.OpenRead("/dev/null");

        Assert.False(StandardStreams.IsThere((int)file.SafeFileHandle.DangerousGetHandle()));
        Assert.False(StandardStreams.IsThere(-1));
    }

    [Fact]
    public void WaitForRoom_FullPipe_EndsWithItsTime()
    {
        using var server = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        var pipe = (int)server.SafePipeHandle.DangerousGetHandle();
        for (var written = 0; written < 1 << 20 && StandardStreams.WaitForRoom(pipe, 0); written += 4096)
        {
            Assert.Equal(4096, StandardStreams.Write(pipe, new byte[4096]));
        }

        Assert.False(StandardStreams.WaitForRoom(pipe, 10));
    }

    [Fact]
    public void Write_NoSuchStream_IsAnErrno() =>
        Assert.Equal(Errno.EBADF.ToResult(), StandardStreams.Write(-1, Encoding.ASCII.GetBytes("x")));
}
