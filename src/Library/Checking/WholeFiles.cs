using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Library.Checking;

/// <summary>
/// Reads files that are needed whole before anything starts, each once, and of all of them together no more than half of this
/// machine's memory. What has no end, or makes its reader wait, is refused: devices and named pipes.
/// </summary>
/// <param name="mostInAll">How many bytes all of them may have.</param>
internal sealed class WholeFiles(long mostInAll)
{
    private readonly Dictionary<string, byte[]> _read = new(StringComparer.Ordinal);
    private long _left = mostInAll;

    public WholeFiles()
        : this(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2)
    {
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">Its full path.</param>
    /// <param name="maxBytes">How long it may be, in whole MiB.</param>
    /// <returns>Its bytes, which others may have as well.</returns>
    /// <exception cref="IOException">It cannot be read, is no regular file, or is too long.</exception>
    public byte[] Read(string file, int maxBytes)
    {
        if (!_read.TryGetValue(file, out var bytes))
        {
            bytes = Load(file, (int)Math.Min(maxBytes, Math.Max(0, _left)), maxBytes);
            _left -= bytes.Length;
            _read.Add(file, bytes);
        }

        return bytes.Length <= maxBytes ? bytes : throw TooLong(maxBytes);
    }

    private static byte[] Load(string path, int limit, int maxBytes)
    {
        var errno = PlainFile.OpenToRead(path, out var status, out var file);
        using (file)
        {
            if (file is null || errno != Errno.None)
            {
                throw new IOException(errno.Describe());
            }

            if (PlainFile.IsNull(status))
            {
                return [];
            }

            if (!PlainFile.IsRegular(status))
            {
                // A pipe that the process was started with has somebody at its other end: it ends.
                if (!PlainFile.IsPipe(status) || !FilePaths.IsDescriptor(path))
                {
                    throw new IOException($"it is {KindOf(status)}, not a regular file");
                }

                PlainFile.Block(file);
            }

            using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);
            return ReadToEnd(stream, PlainFile.IsRegular(status) ? status.st_size : 0, limit)
                ?? throw (limit == maxBytes ? TooLong(maxBytes) : new IOException("it and the files before it are longer than half of this machine's memory"));
        }
    }

    // Null when it is longer than the limit; how long it says it is need not be true.
    private static byte[]? ReadToEnd(FileStream stream, long expected, int limit)
    {
        if (expected > limit)
        {
            return null;
        }

        var bytes = new byte[Math.Min(Math.Max(expected + 1, 4096), (long)limit + 1)];
        var length = 0;
        for (int count; (count = stream.Read(bytes, length, bytes.Length - length)) > 0;)
        {
            length += count;
            if (length > limit)
            {
                return null;
            }

            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min((long)length * 2, (long)limit + 1));
            }
        }

        Array.Resize(ref bytes, length);
        return bytes;
    }

    private static IOException TooLong(int maxBytes) => new($"it is longer than {maxBytes >> 20} MiB");

    private static string KindOf(in stat_t status) =>
        PlainFile.IsFolder(status) ? "a folder" : PlainFile.IsPipe(status) ? "a named pipe" : "a device";
}
