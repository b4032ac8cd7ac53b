using KvmActors.Library.Checking;
using KvmActors.Linux.Tracing;

namespace KvmActors.Host.Output;

/// <summary>Where <c>--strace</c> writes: standard error, or a file. Each line at once, so that it is there whatever happens next.</summary>
internal sealed class SyscallTraceFile : ISyscallTraceOutput, IDisposable
{
    private readonly Lock _gate = new();
    private readonly TextWriter _writer;
    private readonly bool _hasNames;
    private string? _problem;

    private SyscallTraceFile(TextWriter writer, bool hasNames)
    {
        _writer = writer;
        _hasNames = hasNames;
    }

    /// <summary>Why lines are missing, in one line; null when none are.</summary>
    public string? Problem => _problem;

    /// <summary>Opens it.</summary>
    /// <param name="isWanted">Whether the option was given.</param>
    /// <param name="file">The file; null for standard error.</param>
    /// <param name="hasNames">Whether each line names its VM.</param>
    /// <returns>Null when the option was not given.</returns>
    /// <exception cref="ConfigurationException">The file cannot be written.</exception>
    public static SyscallTraceFile? Open(bool isWanted, string? file, bool hasNames)
    {
        if (!isWanted)
        {
            return null;
        }

        try
        {
            return new SyscallTraceFile(
                file is null ? Console.Error : new StreamWriter(new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read)) { AutoFlush = true },
                hasNames);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"--strace {file}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <inheritdoc/>
    public void WriteLine(string vm, string line)
    {
        lock (_gate)
        {
            try
            {
                _writer.Write(_hasNames ? $"[{vm}] {line}\n" : $"{line}\n");
            }
            catch (IOException e)
            {
                // The guest goes on: it is only watched.
                _problem ??= $"--strace: {e.Message.ReplaceLineEndings(" ")}";
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_writer != Console.Error)
        {
            _writer.Dispose();
        }
    }
}
