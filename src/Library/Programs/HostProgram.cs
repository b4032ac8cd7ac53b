using KvmActors.Library.Checking;
using KvmActors.Linux.Files;

namespace KvmActors.Library.Programs;

/// <summary>The file of a program that somebody named in C#.</summary>
internal static class HostProgram
{
    /// <summary>Finds it, checks that it can be run, and shows it to its guests.</summary>
    /// <param name="path">What it was named.</param>
    /// <param name="root">The host's folder that is its <c>/</c>; null for none.</param>
    /// <param name="searchPath">Its own PATH; null for the usual one.</param>
    /// <param name="files">What its guests see; it is added where they do not see it yet.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <returns>The path under which its guests find it.</returns>
    public static string Find(string path, string? root, string? searchPath, List<FileMapping> files, Problems problems)
    {
        // A name without a folder is a file here, as everywhere in .NET, and only then one to look for.
        var name = root is null && !path.Contains('/', StringComparison.Ordinal) && File.Exists(path) ? Path.GetFullPath(path) : path;
        try
        {
            var program = ProgramSearch.Find(name, files, root is null ? null : Path.GetFullPath(root), searchPath);
            if (ExecutableFile.FindProblem(program.HostPath, out var interpreter) is { } problem)
            {
                problems.Add(path, problem);
            }

            if (program.NeedsMapping)
            {
                files.Add(new FileMapping(program.GuestPath, program.HostPath, MappingAccess.Read));
            }

            if (interpreter is not null && InterpreterSearch.FindProblem(interpreter, files) is { } missing)
            {
                problems.Add(path, missing);
            }

            return program.GuestPath;
        }
        catch (ProgramException e)
        {
            problems.AddLine(e.Message);
            return path;
        }
    }
}
