using KvmActors.Host.Configuration;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Exec;

/// <summary>Where a program is: for the guest, and on the host.</summary>
/// <param name="GuestPath">The path the guest kernel opens.</param>
/// <param name="HostPath">The host's file.</param>
/// <param name="NeedsMapping">Whether no mapping covers it yet.</param>
internal sealed record FoundProgram(string GuestPath, string HostPath, bool NeedsMapping);

/// <summary>
/// Finds the program: an absolute path inside a mapping is the guest's; otherwise the host's file, by path, then along PATH,
/// then among the programs that come with the guest kernel.
/// </summary>
internal static class ProgramSearch
{
    private const int NotFound = 127;

    /// <summary>Finds it.</summary>
    /// <exception cref="ExecException">It is nowhere.</exception>
    public static FoundProgram Find(string program, IReadOnlyList<Configuration.FileOptions> maps)
    {
        var guestPath = program.StartsWith('/') ? FileValidator.Normalise(program) : program;
        foreach (var (guest, mapped) in maps.Select(map => (map.Guest!, map.Host!)).OrderByDescending(map => map.Item1.Length))
        {
            var prefix = guest.TrimEnd('/');
            if (guestPath == guest || guestPath.StartsWith(prefix + "/", StringComparison.Ordinal))
            {
                var host = guestPath == guest ? mapped : Path.Join(mapped, guestPath[prefix.Length..]);
                return IsThere(host)
                    ? new FoundProgram(guestPath, host, NeedsMapping: false)
                    : throw new ExecException(NotFound, $"{program}: not found: {host}, which is mapped there, does not exist");
            }
        }

        // Mapped at the path it has on the host, so that messages make sense on both sides.
        // As a shell does: what is not executable is passed over, as long as something else is found.
        var files = Candidates(program).Where(file => IsThere(file) && !Directory.Exists(file)).ToList();
        return (files.Find(ExecutableFile.IsExecutable) ?? files.FirstOrDefault()) is { } found
            ? new FoundProgram(found, found, NeedsMapping: true)
            : throw new ExecException(NotFound, $"{program}: not found");
    }

    // Behind its links, too.
    private static bool IsThere(string path) => PlainFile.GetStatus(path, out _) == Errno.None;

    private static IEnumerable<string> Candidates(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return program.StartsWith('/') || Path.Exists(".") ? [Path.GetFullPath(program)] : [];
        }

        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return folders.Append(Path.Combine(GuestPrograms.Folder, "user")).Select(folder => Path.GetFullPath(program, Path.GetFullPath(folder)));
    }
}
