using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Files;

// Standard output belongs to the test runner, so these write to other descriptors.
public class HostOutputTests
{
    [Fact]
    public void WaitForRoom_FullPipe_EndsWithItsTime()
    {
        using var server = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        var pipe = (int)server.SafePipeHandle.DangerousGetHandle();
        for (var written = 0; written < 1 << 20 && HostOutput.WaitForRoom(pipe, 0); written += 4096)
        {
            Assert.Equal(4096, HostOutput.Write(pipe, new byte[4096]));
        }

        Assert.False(HostOutput.WaitForRoom(pipe, 10));
    }

    [Fact]
    public void Write_NoSuchStream_IsAnErrno() =>
        Assert.Equal(Errno.EBADF.ToResult(), HostOutput.Write(-1, Encoding.ASCII.GetBytes("x")));
}
