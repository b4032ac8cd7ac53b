using System.Text;
using KvmActors.Host.Running;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Output;

/// <summary>Standard output could not be written.</summary>
internal sealed class StandardOutputException(Errno errno) : IOException($"standard output: {errno.Describe()}");

/// <summary>
/// A standard stream as this program itself writes to it, with nothing kept back. A message that cannot be written to standard
/// error must not cost a run its results, so it is lost; standard output is what somebody asked for, so that is an error.
/// Any thread.
/// </summary>
internal sealed class StandardStream : Stream
{
    private const int WaitMilliseconds = 100;

    // How long somebody who wants the process to end waits for a reader that has stopped reading.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly int _number;
    private readonly Func<Errno, Exception?> _problem;

    private StandardStream(int number, Func<Errno, Exception?> problem)
    {
        _number = number;
        _problem = problem;
    }

    /// <summary>Standard output. A reader that has gone is no error, as it asked for no more; all else is a <see cref="StandardOutputException"/>.</summary>
    public static StandardStream Output { get; } = new(HostOutput.Output, errno => errno == Errno.EPIPE ? null : new StandardOutputException(errno));

    /// <summary>Standard error. Never fails.</summary>
    public static StandardStream Error { get; } = new(HostOutput.Error, _ => null);

    /// <summary>A stream that a file of the run goes to; every failure is an <see cref="IOException"/>.</summary>
    /// <param name="number">1 or 2.</param>
    public static StandardStream ForFile(int number) => new(number, errno => new IOException(errno.Describe()));

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

    /// <summary>Has all text of the program take this way.</summary>
    public static void TakeOverConsole()
    {
        Encoding encoding;
        try
        {
            encoding = Console.OutputEncoding;
        }
        catch (ArgumentException)
        {
            // A locale in the environment that the runtime cannot make sense of; whoever asks again is told this one.
            encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
            Console.OutputEncoding = encoding;
        }

        Console.SetOut(WriterTo(Output, encoding));
        Console.SetError(WriterTo(Error, encoding));
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (!HostOutput.WaitForRoom(_number, WaitMilliseconds))
            {
                if (StopSignals.RequestedSince <= Patience)
                {
                    continue;
                }

                Fail(Errno.EAGAIN);
                return;
            }

            var written = HostOutput.Write(_number, buffer[..Math.Min(buffer.Length, HostOutput.PipeBytes)]);
            if (written > 0)
            {
                buffer = buffer[(int)written..];
            }
            else if ((Errno)(-written) is var errno and not (Errno.EINTR or Errno.EAGAIN))
            {
                Fail(errno);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

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

    private void Fail(Errno errno)
    {
        if (_problem(errno) is { } exception)
        {
            throw exception;
        }
    }

    private static StreamWriter WriterTo(StandardStream stream, Encoding encoding) => new(stream, encoding) { AutoFlush = true };
}
