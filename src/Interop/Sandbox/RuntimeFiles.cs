using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// What .NET may have to open on any thread: code that is not loaded yet, and what the collector asks about memory. Of this
/// program's own directory only the code is granted; its settings are not.
/// </summary>
internal static class RuntimeFiles
{
    private static readonly string[] CodePatterns = ["*.dll", "*.so", "*.pdb"];

    /// <summary>Grants reading all of it.</summary>
    /// <param name="ruleset">What to add it to.</param>
    /// <returns>
    /// Descriptors to keep for as long as threads are confined: files of /proc are known by inodes that last as long as somebody has
    /// them open.
    /// </returns>
    public static IReadOnlyList<FileDescriptor> Allow(LandlockRuleset ruleset)
    {
        var assemblies = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

        // None where the runtime is part of the program: in its directory, in its one file, or compiled into it.
        var framework = Path.GetDirectoryName(Array.Find(assemblies, file => Path.GetFileName(file) == "System.Private.CoreLib.dll"));
        if (string.IsNullOrEmpty(framework) || framework == Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))
        {
            framework = null;
        }
        else
        {
            Allow(ruleset, framework, isDirectory: true)?.Dispose();
        }

        // A program of one file reads its code from that.
        string[] program = Environment.ProcessPath is { } path ? [path] : [];
        var beside = CodePatterns.SelectMany(pattern => Directory.EnumerateFiles(AppContext.BaseDirectory, pattern));
        foreach (var file in assemblies.Where(file => Path.GetDirectoryName(file) != framework).Union(beside.Concat(program), StringComparer.Ordinal))
        {
            Allow(ruleset, file, isDirectory: false)?.Dispose();
        }

        return [.. MemoryFiles().Select(file => Allow(ruleset, file, isDirectory: false)).OfType<FileDescriptor>()];
    }

    // The collector reads these to know how much memory is left (gcenv.unix.cpp, cgroup.cpp of the runtime).
    private static IEnumerable<string> MemoryFiles()
    {
        // And glibc, before it gives a thread's heap back, whether it would get it again.
        string[] ofProcess = ["/proc/meminfo", $"/proc/{Environment.ProcessId}/statm", "/proc/sys/vm/overcommit_memory"];
        return ofProcess.Concat(CgroupDirectories().SelectMany(directory => (string[])
            [$"{directory}/memory.current", $"{directory}/memory.stat", $"{directory}/memory.max", $"{directory}/memory.usage_in_bytes"]));
    }

    // Lines of /proc/self/cgroup: "0::/path" for version 2, "4:memory:/path" for version 1. A container may show its own as the root.
    private static IEnumerable<string> CgroupDirectories()
    {
        const string Mount = "/sys/fs/cgroup";
        foreach (var line in ReadLines("/proc/self/cgroup"))
        {
            if (line.Split(':', 3) is [var number, var controllers, var path] && (number == "0" || controllers.Split(',').Contains("memory")))
            {
                var root = number == "0" ? Mount : $"{Mount}/memory";
                yield return root;
                yield return root + path.TrimEnd('/');
            }
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // What is not there needs no grant.
    private static FileDescriptor? Allow(LandlockRuleset ruleset, string path, bool isDirectory)
    {
        var number = LibC.open(path, LibC.O_PATH | LibC.O_CLOEXEC, 0);
        if (number < 0)
        {
            return null;
        }

        var descriptor = new FileDescriptor(number);
        ruleset.Allow(descriptor, isDirectory, isWritable: false, path);
        return descriptor;
    }
}
