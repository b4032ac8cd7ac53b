using System.Globalization;

namespace KvmActors.Actors.Services;

/// <summary>
/// What memory the host has left for guests: of the whole machine (<c>MemAvailable</c> of proc_meminfo(5), swap left out), and
/// within the limits of the process's control groups, version 1 and 2 where they are mounted as usual.
/// </summary>
/// <param name="root">The folder that has <c>proc</c> and <c>sys</c> in it.</param>
public sealed class HostMemory(string root = "/")
{
    // Version 1 gives PAGE_COUNTER_MAX where there is no limit, which is 2^63 less a page.
    private const long NoLimit = 1L << 60;

    private List<ControlGroup>? _limited;

    /// <summary>How many bytes can be used until something must be reclaimed by force; null when the kernel does not tell.</summary>
    public long? ReadAvailable()
    {
        var available = Find(Read("proc/meminfo"), "MemAvailable:") * 1024;

        // A group that has no limit when the first VM starts is not looked at again.
        _limited ??= [.. Groups().Where(group => LeftIn(group) is not null)];
        foreach (var group in _limited)
        {
            available = LeftIn(group) is { } left && !(left >= available) ? left : available;
        }

        return available;
    }

    /// <summary>How many bytes of the process's anonymous memory are there, guests' included; null when the kernel does not tell.</summary>
    public long? ReadOwn() => Find(Read("proc/self/status"), "RssAnon:") * 1024;

    // A process is bound by its own group's limit and by those of all groups above.
    private IEnumerable<ControlGroup> Groups()
    {
        foreach (var line in Read("proc/self/cgroup").Split('\n'))
        {
            if (line.Split(':', 3) is not [_, var controllers, var path] || !(controllers.Length == 0 || controllers.Split(',').Contains("memory")))
            {
                continue;
            }

            var mount = controllers.Length == 0 ? "sys/fs/cgroup" : "sys/fs/cgroup/memory";
            for (var rest = path.TrimEnd('/'); ; rest = rest[..rest.LastIndexOf('/')])
            {
                yield return controllers.Length == 0
                    ? new ControlGroup(mount + rest, "memory.max", "memory.current", "inactive_file")
                    : new ControlGroup(mount + rest, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
                if (!rest.Contains('/', StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
    }

    // Cached pages of files count as used, but give way.
    private long? LeftIn(ControlGroup group) =>
        long.TryParse(Read($"{group.Folder}/{group.Limit}").AsSpan().Trim(), CultureInfo.InvariantCulture, out var limit) && limit < NoLimit
        && long.TryParse(Read($"{group.Folder}/{group.Usage}").AsSpan().Trim(), CultureInfo.InvariantCulture, out var usage)
            ? Math.Max(0, limit - usage + (Find(Read($"{group.Folder}/memory.stat"), group.Cached + " ") ?? 0))
            : null;

    private string Read(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // The number after a key at the beginning of a line.
    private static long? Find(string text, string key)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                var rest = line[key.Length..].Trim();
                var end = rest.IndexOfAnyExceptInRange('0', '9');
                return long.TryParse(end < 0 ? rest : rest[..end], CultureInfo.InvariantCulture, out var value) ? value : null;
            }
        }

        return null;
    }

    private sealed record ControlGroup(string Folder, string Limit, string Usage, string Cached);
}
