using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Output;

/// <summary>
/// Where <c>--trace-instructions</c> writes: a line for each instruction, in the order of execution, compressed while the guests run. A
/// thread of its own compresses and writes; vCPUs wait for it when they are too far ahead, so memory is bounded.
/// </summary>
internal sealed class InstructionTraceFile : IInstructionTraceOutput, IDisposable
{
    /// <summary>The option's name.</summary>
    public const string Option = "--trace-instructions";

    private const string Header = "# vm\tvcpu\tcount\trip\tinstruction\tchanged registers\n";
    private const int PieceChars = 1 << 16;
    private const int MaxPieces = 8;

    private readonly Lock _gate = new();
    private readonly BlockingCollection<string> _pieces = new(MaxPieces);
    private readonly StringBuilder _piece = new(Header, PieceChars + 1024);
    private readonly OutputFile _file;
    private readonly bool _isBrotli;
    private readonly Thread _writer;
    private string? _problem;
    private bool _isFinished, _isGivenUp, _isBegun;

    private InstructionTraceFile(OutputFile file, bool isBrotli)
    {
        _file = file;
        _isBrotli = isBrotli;
        _writer = new Thread(Write) { IsBackground = true, Name = "instructions" };
        _writer.Start();
    }

    /// <summary>As <see cref="OutputFile.Identity"/>.</summary>
    public string? Identity => _file.Identity;

    /// <summary>Makes a file ready.</summary>
    /// <param name="path">The file; null when the option was not given.</param>
    /// <returns>Null when the option was not given.</returns>
    /// <exception cref="ConfigurationException">It cannot be written.</exception>
    public static InstructionTraceFile? Open(string? path) => OutputFile.Open(Option, path) is { } file
        ? new InstructionTraceFile(file, path!.EndsWith(".br", StringComparison.OrdinalIgnoreCase))
        : null;

    /// <inheritdoc/>
    public IInstructionTrace Begin(string vm, int vcpu) => new VcpuInstructionTrace(this, vm, vcpu);

    /// <summary>Adds a line, without its end. Any thread; it may have to wait.</summary>
    public void WriteLine(ReadOnlySpan<char> line)
    {
        lock (_gate)
        {
            if (_isFinished)
            {
                return;
            }

            _piece.Append(line).Append('\n');
            if (_piece.Length >= PieceChars)
            {
                HandOver();
            }
        }
    }

    /// <summary>Writes the rest, and puts the file in its place.</summary>
    /// <returns>Why it is not there, in one line; null when it is.</returns>
    public string? Finish()
    {
        lock (_gate)
        {
            if (!_isFinished)
            {
                _isFinished = true;
                HandOver();
                _pieces.CompleteAdding();
            }
        }

        _writer.Join();
        return _problem;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isFinished)
            {
                // Nothing was run: nothing is to be there.
                _isFinished = _isGivenUp = true;
                _pieces.CompleteAdding();
            }
        }

        _writer.Join();
        _file.Dispose();
        _pieces.Dispose();
    }

    private void HandOver()
    {
        _pieces.Add(_piece.ToString());
        _piece.Clear();
    }

    private void Write()
    {
        _problem = _file.Write(WriteTo);

        // The guests go on: they are only watched.
        foreach (var _ in _pieces.GetConsumingEnumerable())
        {
        }
    }

    private void WriteTo(Stream stream)
    {
        if (_isBegun)
        {
            throw new IOException("what is there cannot be replaced");
        }

        _isBegun = true;
        using Stream compressed = _isBrotli
            ? new BrotliStream(stream, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        using var text = new StreamWriter(compressed, bufferSize: PieceChars);
        foreach (var piece in _pieces.GetConsumingEnumerable())
        {
            text.Write(piece);
        }

        if (_isGivenUp)
        {
            throw new OperationCanceledException();
        }
    }
}
