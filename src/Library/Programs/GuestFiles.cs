using KvmActors.Linux.Files;

namespace KvmActors.Library.Programs;

/// <summary>The view that a program is going to have of the mapped files.</summary>
internal static class GuestFiles
{
    /// <summary>Opens it; null when a mapping cannot be opened, which is told when the VM starts.</summary>
    public static GuestView? Open(IEnumerable<FileMapping> maps)
    {
        try
        {
            return GuestView.Open(maps.Select(map => map with { Access = MappingAccess.Read }));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
