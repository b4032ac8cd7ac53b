using System.Diagnostics;
using System.Globalization;

namespace KvmActors.Actors.Services;

/// <summary>
/// How many threads the host still lets the process make: of the whole machine (<c>kernel.threads-max</c>), of the user
/// (RLIMIT_NPROC of getrlimit(2), which does not bind root) and of the process's control groups (<c>pids.max</c>).
/// </summary>
/// <param name="root">The folder that has <c>proc</c> and <c>sys</c> in it.</param>
public sealed class HostThreads(string root = "/")
{
    // CAP_SYS_ADMIN and CAP_SYS_RESOURCE, of linux/capability.h: who has one of them is not bound by RLIMIT_NPROC.
    private const ulong Unbound = (1UL << 21) | (1UL << 24);

    private static readonly TimeSpan CountLasts = TimeSpan.FromSeconds(1);

    private List<string>? _groups;
    private long _othersOfUser;
    private long _counted;

    /// <summary>How many threads can be made, or at least so many as asked for; null when nothing limits them.</summary>
    /// <param name="enough">With so many nobody looks closer.</param>
    public long? ReadLeft(long enough)
    {
        // "0.20 0.18 0.12 1/80 11206": the second number of the fourth field is how many there are (proc_loadavg(5)).
        var all = long.TryParse(ProcFile.Read(root, "proc/loadavg").Split(' ').ElementAtOrDefault(3)?.Split('/')[^1], CultureInfo.InvariantCulture, out var count) ? count : 0;
        var left = ProcFile.ReadNumber(root, "proc/sys/kernel/threads-max") - all;
        if (FindUserLimit() is { } limit)
        {
            // The user has at most as many as there are.
            var ofUser = limit - all >= enough ? limit - all : limit - CountOfUser();
            left = ofUser >= left ? left : ofUser;
        }

        _groups ??= [.. new ControlGroups(root).FoldersOf("pids").Select(group => group.Folder).Where(group => LeftIn(group) is not null)];
        foreach (var group in _groups)
        {
            left = LeftIn(group) is { } inGroup && !(inGroup >= left) ? inGroup : left;
        }

        return left;
    }

    /// <summary>How many threads the process has; null when the kernel does not tell.</summary>
    public long? ReadOwn() => ProcFile.Find(ProcFile.Read(root, "proc/self/status"), "Threads:");

    private long? FindUserLimit()
    {
        var status = ProcFile.Read(root, "proc/self/status");
        if (ProcFile.Find(status, "Uid:") is null or 0)
        {
            return null;
        }

        var isBound = status.Split('\n').FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is { } line
            && ulong.TryParse(line.AsSpan(7).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var effective)
            && (effective & Unbound) == 0;
        return isBound ? ProcFile.Find(ProcFile.Read(root, "proc/self/limits"), "Max processes") : null;
    }

    // Everybody's threads are counted now and then, our own each time.
    private long CountOfUser()
    {
        var own = ReadOwn() ?? 0;
        if (_counted == 0 || Stopwatch.GetElapsedTime(_counted) >= CountLasts)
        {
            var user = ProcFile.Find(ProcFile.Read(root, "proc/self/status"), "Uid:");
            var all = Directory.EnumerateDirectories(Path.Combine(root, "proc"))
                .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
                .Select(folder => ProcFile.Read(folder, "status"))
                .Where(status => ProcFile.Find(status, "Uid:") == user)
                .Sum(status => ProcFile.Find(status, "Threads:") ?? 0);
            (_othersOfUser, _counted) = (Math.Max(0, all - own), Stopwatch.GetTimestamp());
        }

        return _othersOfUser + own;
    }

    private long? LeftIn(string group) =>
        ProcFile.ReadNumber(root, $"{group}/pids.max") - ProcFile.ReadNumber(root, $"{group}/pids.current") is { } left ? Math.Max(0, left) : null;
}
