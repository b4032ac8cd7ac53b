using KvmActors.Actors.Services;
using KvmActors.Library.Checking;
using KvmActors.Machine.CoreDumps;

namespace KvmActors.Host.Output;

/// <summary>The folder that core files go to: <c>--core DIR</c>, each by its VM's name.</summary>
internal sealed class CoreFolder : ICoreStore
{
    private readonly string _path;

    private CoreFolder(string path) => _path = path;

    /// <summary>Makes the folder where there is none.</summary>
    /// <param name="path">The folder; null for none.</param>
    /// <exception cref="ConfigurationException">It cannot be made.</exception>
    public static CoreFolder? Open(string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            var whole = Path.GetFullPath(path);
            if (Path.GetDirectoryName(whole) is { } parent && !Directory.Exists(parent))
            {
                throw new ConfigurationException($"--core {path}: the folder cannot be made: there is no folder {parent}");
            }

            Directory.CreateDirectory(whole);
            return new CoreFolder(whole);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"--core {path}: the folder cannot be made: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <inheritdoc/>
    public string Save(string vm, CoreDump dump)
    {
        var file = Path.Combine(_path, $"{vm}.core");

        // A new one each time: what lies there may be a link that somebody else has put.
        File.Delete(file);
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        CoreWriter.Write(dump, stream);
        return file;
    }
}
