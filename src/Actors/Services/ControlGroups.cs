namespace KvmActors.Actors.Services;

/// <summary>The process's control groups, version 1 and 2, where they are mounted as usual (cgroups(7)).</summary>
/// <param name="root">The folder that has <c>proc</c> and <c>sys</c> in it.</param>
internal sealed class ControlGroups(string root)
{
    /// <summary>Lists the folders of the process's group and of all groups above, whose limits bind it too.</summary>
    /// <param name="controller">The controller: <c>memory</c>, <c>pids</c>.</param>
    public IEnumerable<(string Folder, bool IsVersion2)> FoldersOf(string controller)
    {
        foreach (var line in ProcFile.Read(root, "proc/self/cgroup").Split('\n'))
        {
            if (line.Split(':', 3) is not [_, var controllers, var path])
            {
                continue;
            }

            var isVersion2 = controllers.Length == 0;
            if (!isVersion2 && !controllers.Split(',').Contains(controller))
            {
                continue;
            }

            var mount = isVersion2 ? "sys/fs/cgroup" : $"sys/fs/cgroup/{controller}";
            for (var rest = path.TrimEnd('/'); ; rest = rest[..rest.LastIndexOf('/')])
            {
                yield return (mount + rest, isVersion2);
                if (!rest.Contains('/', StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
    }
}
