namespace KvmActors.Machine.Tests.Support;

/// <summary>This process's descriptors of files in one folder.</summary>
internal static class OpenDescriptors
{
    public static int Below(string folder) => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true);
}
