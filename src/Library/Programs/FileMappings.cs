using System.Text;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;

namespace KvmActors.Library.Programs;

/// <summary>What guests see of files, as the guest's file system takes it.</summary>
internal static class FileMappings
{
    /// <summary>Adds a mapping.</summary>
    public static void Add(GuestMapping mapping, List<FileMapping> files, List<ProvidedFile> provided, Problems problems)
    {
        if (mapping is GuestMapping.ContentMapping content)
        {
            if (Normalise(content.GuestPath) is not { Length: > 1 } path)
            {
                problems.Add(content.GuestPath, "a file cannot be the guest's /");
                return;
            }

            provided.Add(new ProvidedFile(path) { Content = content.Content });
            return;
        }

        var host = (GuestMapping.HostMapping)mapping;
        if (string.IsNullOrEmpty(host.HostPath) || host.HostPath.Contains('\0', StringComparison.Ordinal) || !Path.Exists(host.HostPath))
        {
            problems.Add(host.GuestPath, $"there is no file or folder '{host.HostPath.Replace('\0', '?')}' to map there");
            return;
        }

        files.Add(new FileMapping(Normalise(host.GuestPath), Path.GetFullPath(host.HostPath), host.Access switch
        {
            GuestAccess.ReadWrite => MappingAccess.ReadWrite,
            GuestAccess.Overlay => MappingAccess.Overlay,
            _ => MappingAccess.Read,
        }));
    }

    /// <summary>A guest path with <c>.</c>, <c>..</c> and doubled separators taken out.</summary>
    public static string Normalise(string guestPath)
    {
        var bytes = Encoding.UTF8.GetBytes(guestPath);
        var normalised = new byte[bytes.Length + 1];
        return Encoding.UTF8.GetString(normalised, 0, GuestPath.Normalise(bytes, normalised));
    }
}
