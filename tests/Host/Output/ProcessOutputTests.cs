using System.IO.Pipes;
using KvmActors.Host.Output;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Tests.Output;

// Standard output belongs to the test runner, so these write to other descriptors.
public sealed class ProcessOutputTests
{
    [Fact]
    public async Task WriteAll_MoreThanThePipeHolds_WritesEverything()
    {
        const int Bytes = 300_000;
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        var number = (int)writer.SafePipeHandle.DangerousGetHandle();
        var writing = Task.Run(() => ProcessOutput.WriteAll(number, Enumerable.Repeat((byte)'x', Bytes).ToArray(), stopSignal: null));

        var buffer = new byte[0x1000];
        var read = 0;
        while (read < Bytes)
        {
            var count = await reader.ReadAsync(buffer);
            Assert.InRange(count, 1, buffer.Length);
            read += count;
        }

        Assert.Equal((Errno.None, Bytes), (await writing, read));
    }

    [Fact]
    public void WriteAll_NobodyReads_IsEpipe()
    {
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        writer.ClientSafePipeHandle.Dispose();

        Assert.Equal(Errno.EPIPE, ProcessOutput.WriteAll((int)writer.SafePipeHandle.DangerousGetHandle(), "x"u8, stopSignal: null));
    }

    [Fact]
    public void WriteAll_FullDevice_IsEnospc()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);

        Assert.Equal(Errno.ENOSPC, ProcessOutput.WriteAll((int)full.DangerousGetHandle(), "x"u8, stopSignal: null));
    }

    [Fact]
    public void WriteAll_NoSuchDescriptor_IsEbadf() => Assert.Equal(Errno.EBADF, ProcessOutput.WriteAll(-1, "x"u8, stopSignal: null));

    [Fact]
    public void WriteAll_NothingToWrite_IsNone() => Assert.Equal(Errno.None, ProcessOutput.WriteAll(-1, [], stopSignal: null));
}
