using System.Runtime.InteropServices;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Files;

/// <summary>A pipe, as two host files.</summary>
internal sealed partial class AnonymousPipe : IDisposable
{
    public AnonymousPipe()
    {
        var ends = new int[2];
        Assert.Equal(0, Pipe(ends, 0x80000));
        WriterNumber = ends[1];
        Reader = new HostFile(new FileDescriptor(ends[0]));
        Writer = new HostFile(new FileDescriptor(ends[1]));
    }

    public HostFile Reader { get; }

    public HostFile Writer { get; }

    public int WriterNumber { get; }

    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe([Out] int[] ends, int flags);
}
