using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Tests.Support;

/// <summary>
/// Puts a pipe in the place of this process's standard input, as long as a test runs. Only for tests of the
/// <see cref="SerialCollection"/>.
/// </summary>
internal sealed partial class StandardInput : IDisposable
{
    private const int Number = 0;

    private readonly int _original;
    private readonly AnonymousPipeServerStream _writer;

    public StandardInput()
    {
        _original = Duplicate(Number);
        Assert.True(_original > 2, "standard input is not open");
        _writer = new AnonymousPipeServerStream(PipeDirection.Out);
        var reader = (int)_writer.ClientSafePipeHandle.DangerousGetHandle();
        Assert.Equal(Number, Replace(reader, Number));
        _writer.DisposeLocalCopyOfClientHandle();
    }

    /// <summary>Writes what the process then reads.</summary>
    public void Write(string text) => _writer.Write(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Ends the input.</summary>
    public void End() => _writer.Dispose();

    public void Dispose()
    {
        _writer.Dispose();
        Assert.Equal(Number, Replace(_original, Number));
        Assert.Equal(0, Close(_original));
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int number);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Replace(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int number);
}
