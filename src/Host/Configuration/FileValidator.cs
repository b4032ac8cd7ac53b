using System.Text;
using KvmActors.Library.Checking;
using KvmActors.Library.Programs;
using KvmActors.Linux.Files;

namespace KvmActors.Host.Configuration;

/// <summary>Checks what a VM is given of the host's files.</summary>
internal sealed class FileValidator(string scenarioFile, Problems problems, WholeFiles inputs)
{
    private const int MaxInputBytes = 16 << 20;

    /// <summary>Reads a mapping.</summary>
    /// <returns>Null when something is wrong with it; the problems say what.</returns>
    public FileMapping? ReadMapping(string path, FileOptions options)
    {
        var before = problems.Count;
        var access = problems.ReadName<MappingAccess>($"{path}:Access", options.Access);
        if (options.Guest is not ['/', ..])
        {
            problems.Add($"{path}:Guest", "missing or not absolute: where the guest sees the file starts with /");
        }
        else if (options.Guest.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add($"{path}:Guest", "has a NUL in it, which no path can");
        }

        var host = string.IsNullOrEmpty(options.Host) ? null : ScenarioFiles.Resolve(options.Host, scenarioFile);
        if (host is null)
        {
            problems.Add($"{path}:Host", string.IsNullOrEmpty(options.Host) ? "missing; name the host's file or folder" : GuestPrograms.SayMissing("file or folder", options.Host));
        }

        return problems.Count > before ? null : new FileMapping(Normalise(options.Guest!), host!, access);
    }

    /// <summary>Reads a VM's standard input.</summary>
    public byte[] ReadInput(string key, string? name)
    {
        if (name is null)
        {
            return [];
        }

        try
        {
            if (ScenarioFiles.Resolve(name, scenarioFile) is not { } file || Directory.Exists(file))
            {
                problems.Add(key, GuestPrograms.SayMissing("file", name));
                return [];
            }

            return inputs.Read(file, MaxInputBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(key, e.Message);
            return [];
        }
    }

    /// <summary>A guest path with <c>.</c>, <c>..</c> and doubled separators taken out.</summary>
    public static string Normalise(string guestPath)
    {
        var bytes = Encoding.UTF8.GetBytes(guestPath);
        var normalised = new byte[bytes.Length + 1];
        return Encoding.UTF8.GetString(normalised, 0, GuestPath.Normalise(bytes, normalised));
    }
}
