using KvmActors.Host.Configuration;

namespace KvmActors.Host.Output;

/// <summary>
/// A file that a run writes when it has ended. Opened before anything runs: a place that cannot be written to should not cost
/// a whole run.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly string _option;
    private readonly string _path;

    // Not buffered: closing it has nothing left to write, so nothing left to fail.
    private readonly FileStream _stream;

    private OutputFile(string option, string path, FileStream stream)
    {
        _option = option;
        _path = path;
        _stream = stream;
    }

    /// <summary>Opens a file, which is empty then.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="path">The file; null when the option was not given.</param>
    /// <returns>Null when the option was not given.</returns>
    /// <exception cref="ConfigurationException">It cannot be opened.</exception>
    public static OutputFile? Open(string option, string? path)
    {
        try
        {
            return path is null
                ? null
                : new OutputFile(option, path, new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0));
        }
        catch (Exception e) when (IsFileProblem(e) || e is ArgumentException)
        {
            throw new ConfigurationException($"{option} {path}: {e.Message}");
        }
    }

    /// <summary>Writes the file's content. When that fails, one line on standard error says so.</summary>
    /// <returns>Whether all of it was written.</returns>
    public bool TryWrite(Action<Stream> write)
    {
        try
        {
            var buffered = new BufferedStream(_stream, BufferBytes);
            write(buffered);
            buffered.Flush();
            return true;
        }
        catch (Exception e) when (IsFileProblem(e))
        {
            Console.Error.WriteLine($"kvmactors: {_option} {_path}: {e.Message}; the file is not complete");
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static bool IsFileProblem(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException;
}
