namespace KvmActors.Actors.Services;

/// <summary>
/// What memory the host has left for guests: of the whole machine (<c>MemAvailable</c> of proc_meminfo(5), swap left out), and
/// within the limits of the process's control groups.
/// </summary>
/// <param name="root">The folder that has <c>proc</c> and <c>sys</c> in it.</param>
public sealed class HostMemory(string root = "/")
{
    // Version 1 gives PAGE_COUNTER_MAX where there is no limit, which is 2^63 less a page.
    private const long NoLimit = 1L << 60;

    private List<Group>? _limited;

    /// <summary>How many bytes can be used until something must be reclaimed by force; null when the kernel does not tell.</summary>
    public long? ReadAvailable()
    {
        var available = ProcFile.Find(ProcFile.Read(root, "proc/meminfo"), "MemAvailable:") * 1024;

        // A group that has no limit when the first VM starts is not looked at again.
        _limited ??= [.. new ControlGroups(root).FoldersOf("memory").Select(Group.Of).Where(group => LeftIn(group) is not null)];
        foreach (var group in _limited)
        {
            available = LeftIn(group) is { } left && !(left >= available) ? left : available;
        }

        return available;
    }

    /// <summary>How many bytes of the process's anonymous memory are there, guests' included; null when the kernel does not tell.</summary>
    public long? ReadOwn() => ProcFile.Find(ProcFile.Read(root, "proc/self/status"), "RssAnon:") * 1024;

    // Cached pages of files count as used, but give way.
    private long? LeftIn(Group group) =>
        ProcFile.ReadNumber(root, group.Limit) is { } limit and < NoLimit && ProcFile.ReadNumber(root, group.Usage) is { } usage
            ? Math.Max(0, limit - usage + (ProcFile.Find(ProcFile.Read(root, group.Statistics), group.Cached) ?? 0))
            : null;

    private sealed record Group(string Limit, string Usage, string Statistics, string Cached)
    {
        public static Group Of((string Folder, bool IsVersion2) group)
        {
            var (limit, usage, cached) = group.IsVersion2
                ? ("memory.max", "memory.current", "inactive_file ")
                : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ");
            return new Group($"{group.Folder}/{limit}", $"{group.Folder}/{usage}", $"{group.Folder}/memory.stat", cached);
        }
    }
}
