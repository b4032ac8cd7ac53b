using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using KvmActors.Library.Streams;
using KvmActors.Machine.Streams;

namespace KvmActors;

/// <summary>
/// What a guest writes to its standard output or error, as a stream. It ends with the guest. One reader at a time; who disposes it says that
/// nobody is going to read the rest, and the guest goes on without a reader.
/// </summary>
public sealed class GuestOutputStream : Stream
{
    private readonly StreamBuffer _buffer;
    private readonly AsyncSignal _signal = new();
    private PipeReader? _pipe;

    internal GuestOutputStream(StreamBuffer buffer, Action<Action> post)
    {
        _buffer = buffer;
        buffer.WakeReader = () => post(_signal.Set);
    }

    /// <summary>The same for those who parse it without copying. Use one of the two.</summary>
    public PipeReader Pipe => _pipe ??= PipeReader.Create(this, new StreamPipeReaderOptions(leaveOpen: true));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Its lines as they come, in UTF-8 and without their ends; what is no UTF-8 shows as U+FFFD.</summary>
    /// <param name="cancellationToken">Ends the reading; the guest goes on.</param>
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(this, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            yield return line;
        }
    }

    /// <summary>All that is still to come, in UTF-8.</summary>
    /// <param name="cancellationToken">Ends the reading; the guest goes on.</param>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(this, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = _buffer.Read(buffer.Span);
            if (read >= 0)
            {
                return read;
            }

            await _signal.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _buffer.Abandon();
        }

        base.Dispose(disposing);
    }
}
