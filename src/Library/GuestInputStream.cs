using System.IO.Pipelines;
using KvmActors.Library.Streams;
using KvmActors.Machine.Streams;

namespace KvmActors;

/// <summary>
/// What a guest reads from its standard input, as a stream to write. Who disposes it, or calls <see cref="Complete"/>, ends the guest's input.
/// One writer at a time, which waits when the guest does not read.
/// </summary>
public sealed class GuestInputStream : Stream
{
    private readonly StreamBuffer _buffer;
    private readonly AsyncSignal _signal = new();
    private PipeWriter? _pipe;

    internal GuestInputStream(StreamBuffer buffer, Action<Action> post)
    {
        _buffer = buffer;
        buffer.WakeWriter = () => post(_signal.Set);
    }

    /// <summary>The same for those who write without copying. Use one of the two.</summary>
    public PipeWriter Pipe => _pipe ??= PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Nothing more is going to be written: the guest finds the end behind what was.</summary>
    public void Complete() => _buffer.Complete();

    /// <inheritdoc/>
    /// <exception cref="IOException">The guest has ended, or has closed its end.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var written = _buffer.Write(buffer.Span);
            if (written < 0)
            {
                throw new IOException("The guest has ended, and reads no more input.");
            }

            buffer = buffer[written..];
            if (written == 0)
            {
                await _signal.WaitAsync(cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Complete();
        }

        base.Dispose(disposing);
    }
}
