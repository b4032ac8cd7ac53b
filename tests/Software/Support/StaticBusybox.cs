namespace KvmActors.Software.Tests.Support;

/// <summary>A busybox that is linked statically, such as Debian's busybox-static.</summary>
internal static class StaticBusybox
{
    /// <summary>Where it is; null when there is none on PATH.</summary>
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => System.IO.Path.Combine(folder, "busybox"))
        .FirstOrDefault(path => File.Exists(path) && IsStatic(path));

    // A dynamic one names its loader in its first page. Debian has both kinds, under the same name.
    private static bool IsStatic(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4096];
        return start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)].IndexOf("/ld-linux"u8) < 0;
    }
}

/// <summary>A test that runs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StaticBusyboxTheoryAttribute : TheoryAttribute
{
    public StaticBusyboxTheoryAttribute() =>
        Skip = StaticBusybox.Path is null ? "runs a static busybox, and none is on PATH: apt-get install busybox-static" : null;
}
