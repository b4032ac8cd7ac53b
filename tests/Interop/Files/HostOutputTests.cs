using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

// Standard output belongs to the test runner, so these write to other descriptors.
public class HostOutputTests
{
    [Fact]
    public async Task WriteAll_MoreThanThePipeHolds_WritesEverything()
    {
        const int Bytes = 300_000;
        using var pipe = new AnonymousPipe();
        using var folder = new TempFolder();
        var writing = Task.Run(() => HostOutput.WriteAll(pipe.WriterNumber, Enumerable.Repeat((byte)'x', Bytes).ToArray()));

        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x1000));
        var target = new GuestIoVector();
        target.TryAdd(memory, new GuestPhysAddr(0), 0x1000);
        long read = 0;
        while (read < Bytes)
        {
            var count = pipe.Reader.Read(target);
            Assert.InRange(count, 1, 0x1000);
            read += count;
        }

        Assert.Equal((Errno.None, Bytes), (await writing, read));
    }

    [Fact]
    public void WriteAll_NobodyReads_IsEpipe()
    {
        using var pipe = new AnonymousPipe();
        pipe.Reader.Dispose();

        Assert.Equal(Errno.EPIPE, HostOutput.WriteAll(pipe.WriterNumber, "x"u8));
    }

    [Fact]
    public void WriteAll_FullDevice_IsEnospc()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);

        Assert.Equal(Errno.ENOSPC, HostOutput.WriteAll((int)full.DangerousGetHandle(), "x"u8));
    }

    [Fact]
    public void WriteAll_NoSuchDescriptor_IsEbadf() => Assert.Equal(Errno.EBADF, HostOutput.WriteAll(-1, "x"u8));

    [Fact]
    public void WriteAll_NothingToWrite_IsNone() => Assert.Equal(Errno.None, HostOutput.WriteAll(-1, []));
}
