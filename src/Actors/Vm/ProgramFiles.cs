using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Vm;

/// <summary>Where a VM's program is on the host.</summary>
internal static class ProgramFiles
{
    /// <summary>By the mappings' names alone: links in the guest's tree are the host's here. Null when no mapping has it.</summary>
    public static string? Find(VmSpec spec)
    {
        if (spec.Machine.Args is not [var path, ..])
        {
            return null;
        }

        var mapping = spec.Files.Where(file => path == file.Guest || path.StartsWith(file.Guest.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(file => file.Guest.Length);
        return mapping is null ? null : path == mapping.Guest ? mapping.Host : Path.Join(mapping.Host, path[mapping.Guest.TrimEnd('/').Length..]);
    }
}
