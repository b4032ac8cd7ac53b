using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using Microsoft.Win32.SafeHandles;

namespace KvmActors.Machine.Debugging.Remote;

/// <summary>
/// Files that a debugger reads through the connection (GDB manual, "Host I/O Packets"): programs and libraries, for their symbols. They
/// are regular files, read-only.
/// </summary>
internal sealed class RemoteFiles : IDisposable
{
    private const int Most = 64, MaxBytes = PacketParser.MaxContentBytes / 4, StatusBytes = 64;
    private const ulong AccessMode = 3;

    private readonly Dictionary<int, (SafeFileHandle File, long Size)> _open = [];
    private int _last;

    /// <summary>Answers one request.</summary>
    /// <param name="request">What stands behind <c>vFile:</c>.</param>
    /// <param name="find">Finds the host's file behind a path of the guest's.</param>
    /// <returns>The answer; empty for a request that is not known.</returns>
    public string Answer(string request, Func<string, string?> find)
    {
        var end = request.IndexOf(':', StringComparison.Ordinal);
        var parts = end < 0 ? [] : request[(end + 1)..].Split(',');
        return (end < 0 ? request : request[..end]) switch
        {
            "setfs" => "F0",
            "open" when parts.Length == 3 => Open(parts, find),
            "pread" when parts.Length == 3 => Read(parts),
            "fstat" when parts.Length == 1 => Status(parts[0]),
            "close" when parts.Length == 1 => Close(parts[0]),
            "open" or "pread" or "fstat" or "close" => Failure(Errno.EINVAL),
            _ => "",
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (file, _) in _open.Values)
        {
            file.Dispose();
        }

        _open.Clear();
    }

    private string Open(string[] parts, Func<string, string?> find)
    {
        if (HexText.ToBytes(Encoding.ASCII.GetBytes(parts[0])) is not { } path || !TryNumber(parts[1], out var flags))
        {
            return Failure(Errno.EINVAL);
        }

        if ((flags & AccessMode) != 0)
        {
            return Failure(Errno.EROFS);
        }

        if (_open.Count >= Most)
        {
            return Failure(Errno.EMFILE);
        }

        if (find(Encoding.UTF8.GetString(path)) is not { } host)
        {
            return Failure(Errno.ENOENT);
        }

        var errno = PlainFile.OpenToRead(host, out var status, out var file);
        if (file is null)
        {
            return Failure(errno);
        }

        if (!PlainFile.IsRegular(status))
        {
            file.Dispose();
            return Failure(Errno.EACCES);
        }

        _open[++_last] = (file, status.st_size);
        return $"F{_last:x}";
    }

    private string Read(string[] parts)
    {
        if (!TryFind(parts[0], out var file) || !TryNumber(parts[1], out var count) || !TryNumber(parts[2], out var offset) || offset > long.MaxValue)
        {
            return Failure(Errno.EBADF);
        }

        var bytes = new byte[Math.Min(count, MaxBytes)];
        try
        {
            var read = RandomAccess.Read(file.File, bytes, (long)offset);
            return $"F{read:x};{Encoding.Latin1.GetString(bytes.AsSpan(0, read))}";
        }
        catch (IOException)
        {
            return Failure(Errno.EIO);
        }
    }

    // struct stat of the protocol's, big-endian, of which a reader wants the kind and the size.
    private string Status(string number)
    {
        const int Mode = 8, Links = 12, Size = 28, BlockSize = 36, Blocks = 44;
        const uint RegularAndReadable = 0x8124;
        if (!TryFind(number, out var file))
        {
            return Failure(Errno.EBADF);
        }

        Span<byte> status = stackalloc byte[StatusBytes];
        status.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(status[Mode..], RegularAndReadable);
        BinaryPrimitives.WriteUInt32BigEndian(status[Links..], 1);
        BinaryPrimitives.WriteInt64BigEndian(status[Size..], file.Size);
        BinaryPrimitives.WriteInt64BigEndian(status[BlockSize..], 4096);
        BinaryPrimitives.WriteInt64BigEndian(status[Blocks..], (file.Size + 511) / 512);
        return $"F{StatusBytes:x};{Encoding.Latin1.GetString(status)}";
    }

    private string Close(string number)
    {
        if (!TryFind(number, out var file) || !TryNumber(number, out var descriptor))
        {
            return Failure(Errno.EBADF);
        }

        file.File.Dispose();
        _open.Remove((int)descriptor);
        return "F0";
    }

    private bool TryFind(string text, out (SafeFileHandle File, long Size) file)
    {
        file = default;
        return TryNumber(text, out var number) && number <= int.MaxValue && _open.TryGetValue((int)number, out file);
    }

    private static bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);

    private static string Failure(Errno errno) => string.Create(CultureInfo.InvariantCulture, $"F-1,{(int)errno:x}");
}
