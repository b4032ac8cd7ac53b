using KvmActors.Host.Running;
using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Output;

/// <summary>
/// A file that a run writes when it has ended: all of it, or nothing. Made ready before anything runs: a place that cannot be
/// written to should not cost a whole run.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly string _option;
    private readonly string _path;
    private readonly OutputTarget _target;
    private readonly IDisposable _farewell;

    private OutputFile(string option, string path, OutputTarget target)
    {
        _option = option;
        _path = path;
        _target = target;
        _farewell = StopSignals.BeforeEndingAtOnce(target.Discard);
    }

    /// <summary>The same for two that would be the same file; null where that does no harm.</summary>
    public string? Identity => _target.Identity;

    /// <summary>Makes a file ready; what is there now stays until it is written.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="path">The file; null when the option was not given.</param>
    /// <returns>Null when the option was not given.</returns>
    /// <exception cref="ConfigurationException">It cannot be written.</exception>
    public static OutputFile? Open(string option, string? path)
    {
        if (path is null)
        {
            return null;
        }

        var errno = OutputTarget.Open(path, isUnnamed: true, out var target);
        return target is not null
            ? new OutputFile(option, path, target)
            : throw new ConfigurationException($"{option} {path}: {(errno == Errno.ENXIO ? "nobody reads it" : errno.Describe())}");
    }

    /// <summary>Writes the file's content.</summary>
    /// <returns>Why it is not there, in one line; null when it is.</returns>
    public string? Write(Action<Stream> write)
    {
        try
        {
            _target.Write(stream =>
            {
                var buffered = new BufferedStream(stream, BufferBytes);
                write(buffered);
                buffered.Flush();
            });
            return null;
        }
        catch (Exception e)
        {
            // A file's size past RLIMIT_FSIZE is an argument out of range to the runtime. Whatever it is, the others are still written.
            return $"{_option} {_path}: {(e is ArgumentOutOfRangeException ? Errno.EFBIG.Describe() : e.Message)}; the file could not be written";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _target.Dispose();
        _farewell.Dispose();
    }
}
