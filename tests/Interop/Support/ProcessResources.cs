namespace KvmActors.Interop.Tests.Support;

/// <summary>What this process holds of the kernel's, as <c>/proc/self</c> tells.</summary>
/// <param name="KvmDescriptors">Descriptors of VMs and vCPUs.</param>
/// <param name="Descriptors">All descriptors.</param>
/// <param name="KvmMappings">Mapped run pages.</param>
/// <param name="Mappings">All mappings.</param>
internal sealed record ProcessResources(int KvmDescriptors, int Descriptors, int KvmMappings, int Mappings)
{
    public static ProcessResources Count()
    {
        // A file system entry may be gone before its link is read: it is none of ours then.
        var links = Directory.GetFileSystemEntries("/proc/self/fd").Select(entry => new FileInfo(entry).LinkTarget ?? "").ToList();
        var maps = File.ReadAllLines("/proc/self/maps");
        return new ProcessResources(
            links.Count(IsKvm), links.Count, maps.Count(IsKvm), maps.Length);

        static bool IsKvm(string line) => line.Contains("kvm-v", StringComparison.Ordinal);
    }
}
