using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;

namespace KvmActors.Library.Programs;

/// <summary>Where a program is: for the guest, and on the host.</summary>
/// <param name="GuestPath">The path the guest kernel opens.</param>
/// <param name="HostPath">The host's file.</param>
/// <param name="NeedsMapping">Whether no mapping covers it yet.</param>
internal sealed record FoundProgram(string GuestPath, string HostPath, bool NeedsMapping);

/// <summary>
/// Finds the program: in the root folder, if there is one; an absolute path inside a mapping is the guest's; otherwise the host's file,
/// by path, then along PATH, then among the programs that come with the guest kernel.
/// </summary>
internal static class ProgramSearch
{
    private const int NotFound = 127;

    // What a shell takes where nobody has set it.
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Finds it.</summary>
    /// <param name="program">A path, or a name to look for.</param>
    /// <param name="maps">What it sees of the host's files.</param>
    /// <param name="root">The host's folder that is its <c>/</c>, one of these; null for none.</param>
    /// <param name="path">Its own PATH, along which a name is looked for there; null for the usual one.</param>
    /// <exception cref="ProgramException">It is nowhere.</exception>
    public static FoundProgram Find(string program, IReadOnlyList<FileMapping> maps, string? root = null, string? path = null)
    {
        if (root is not null)
        {
            return FindInRoot(program, maps, root, path ?? DefaultPath);
        }

        var guestPath = program.StartsWith('/') ? FileMappings.Normalise(program) : program;
        foreach (var (guest, mapped) in maps.Select(map => (map.Guest, map.Host)).OrderByDescending(map => map.Item1.Length))
        {
            var prefix = guest.TrimEnd('/');
            if (guestPath == guest || guestPath.StartsWith(prefix + "/", StringComparison.Ordinal))
            {
                // By its links, which lead where the guest sees them lead; and as it is written, to say what is missing.
                using var view = GuestFiles.Open(maps);
                var host = guestPath == guest ? mapped : Path.Join(mapped, guestPath[prefix.Length..]);
                return (view is null ? IsThere(host) ? host : null : view.Find(guestPath)) is { } found
                    ? new FoundProgram(guestPath, found, NeedsMapping: false)
                    : throw new ProgramException(NotFound, $"{program}: not found: {host}, which is mapped there, {(IsThere(host) ? "leads nowhere the program can see" : "does not exist")}");
            }
        }

        // Mapped at the path it has on the host, so that messages make sense on both sides.
        // As a shell does: what is not executable is passed over, as long as something else is found.
        var files = Candidates(program).Where(file => IsThere(file) && !Directory.Exists(file)).ToList();
        return (files.Find(ExecutableFile.IsExecutable) ?? files.FirstOrDefault()) is { } first
            ? new FoundProgram(first, first, NeedsMapping: true)
            : throw new ProgramException(NotFound, $"{program}: not found");
    }

    private static FoundProgram FindInRoot(string program, IReadOnlyList<FileMapping> maps, string root, string path)
    {
        using var view = GuestFiles.Open(maps);
        var files = CandidatesInRoot(program, root, path)
            .Select(guest => (Guest: guest, Host: view?.Find(guest))).Where(file => file.Host is not null).ToList();
        var programs = files.Where(file => !Directory.Exists(file.Host)).ToList();
        var found = programs.Concat(files).OrderByDescending(file => !Directory.Exists(file.Host) && ExecutableFile.IsExecutable(file.Host!)).FirstOrDefault();
        return found.Host is not null && (program.Contains('/', StringComparison.Ordinal) || programs.Count > 0)
            ? new FoundProgram(found.Guest, found.Host, NeedsMapping: false)
            : throw new ProgramException(NotFound, $"{program}: not found in {root}");
    }

    // A relative path is the host's, if that is in the folder, and otherwise one from the folder.
    private static IEnumerable<string> CandidatesInRoot(string program, string root, string path)
    {
        if (!program.Contains('/', StringComparison.Ordinal))
        {
            return program.Length == 0 ? [] : path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => FileMappings.Normalise($"{folder}/{program}"));
        }

        var prefix = root.TrimEnd('/') + "/";
        var full = program.StartsWith('/') || !Path.Exists(".") ? program : Path.GetFullPath(program);
        return [FileMappings.Normalise(!program.StartsWith('/') && full.StartsWith(prefix, StringComparison.Ordinal) ? full[(prefix.Length - 1)..] : program)];
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
