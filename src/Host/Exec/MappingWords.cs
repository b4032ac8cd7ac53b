using KvmActors.Host.Configuration;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;

namespace KvmActors.Host.Exec;

/// <summary>
/// How people write what a program sees of the host's files. <c>--map</c> gives it to read unless it says more. <c>--volume</c> is docker's
/// name for it, where it gives it to write: so that nobody gives, or misses, the right to write by habit, it has to say which.
/// </summary>
internal static class MappingWords
{
    /// <summary>Reads <c>HOST:GUEST[:rw|:overlay]</c>.</summary>
    /// <returns>Null when something is wrong with it, which <paramref name="problems"/> tells by <c>exec:Files</c>.</returns>
    public static Configuration.FileOptions? ReadMap(string map, Problems problems)
    {
        if (map.Split(':') is [{ Length: > 0 } host, ['/', ..] guest, .. { Length: <= 1 } mode] && mode is [] or ["rw" or "overlay"])
        {
            return Create("exec:Files", host, guest, mode is [] ? MappingAccess.Read : AccessOf(mode[0]), problems);
        }

        problems.Add("exec:Files", $"'{map}' is not HOST:GUEST, HOST:GUEST:rw or HOST:GUEST:overlay with an absolute guest path");
        return null;
    }

    /// <summary>Reads <c>HOST:GUEST:ro|rw|overlay</c>.</summary>
    /// <returns>Null when something is wrong with it, which <paramref name="problems"/> tells by <c>exec:Volumes</c>.</returns>
    public static Configuration.FileOptions? ReadVolume(string volume, Problems problems)
    {
        switch (volume.Split(':'))
        {
            case [{ Length: > 0 } host, ['/', ..] guest, ("ro" or "rw" or "overlay") and var mode]:
                return Create("exec:Volumes", host, guest, AccessOf(mode), problems);
            case [{ Length: > 0 }, ['/', ..]]:
                problems.Add("exec:Volumes", $"'{volume}' does not say who may write: docker's means :rw, --map's :ro; put :ro, :rw or :overlay behind it");
                return null;
            default:
                problems.Add("exec:Volumes", $"'{volume}' is not HOST:GUEST:ro, HOST:GUEST:rw or HOST:GUEST:overlay with an absolute guest path");
                return null;
        }
    }

    private static MappingAccess AccessOf(string mode) => mode switch
    {
        "rw" => MappingAccess.ReadWrite,
        "overlay" => MappingAccess.Overlay,
        _ => MappingAccess.Read,
    };

    private static Configuration.FileOptions? Create(string key, string hostPath, string guestPath, MappingAccess access, Problems problems)
    {
        if (hostPath.Contains('\0', StringComparison.Ordinal) || guestPath.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add(key, $"'{hostPath}:{guestPath}' has a NUL in it, which no path can");
            return null;
        }

        var host = Path.GetFullPath(hostPath);
        if (!Path.Exists(host))
        {
            problems.Add(key, $"there is no file or folder {host}");
            return null;
        }

        return new Configuration.FileOptions { Guest = FileValidator.Normalise(guestPath), Host = host, Access = access.ToString() };
    }
}
