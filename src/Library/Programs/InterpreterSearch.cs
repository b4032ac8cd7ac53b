using KvmActors.Linux.Files;

namespace KvmActors.Library.Programs;

/// <summary>Whether what a program cannot run without is where the guest kernel is going to look for it.</summary>
internal static class InterpreterSearch
{
    // Scripts that interpret one another, a program, and its loader: the guest kernel ends it before that.
    private const int Most = 8;

    /// <summary>Looks for an interpreter, and for its own.</summary>
    /// <param name="interpreter">The interpreter.</param>
    /// <param name="maps">What the program sees.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? FindProblem(Interpreter interpreter, IReadOnlyList<FileMapping> maps)
    {
        using var view = GuestFiles.Open(maps);
        if (view is null)
        {
            return null;
        }

        var user = "";
        var next = interpreter;
        for (var count = 0; next is not null && count < Most; count++)
        {
            if (view.Find(next.Path) is not { } file)
            {
                var kind = next.OfScript ? "is a script" : "is linked dynamically";
                return $"{user}{kind}, and its interpreter {next.Path} is not among what it sees: --root / shows it this machine's files, --map HOST:GUEST some of them";
            }

            user = $"its interpreter {next.Path}: ";
            var before = next;
            if (ExecutableFile.FindProblem(file, out next) is { } problem)
            {
                return $"{user}{problem}";
            }

            // What loads libraries needs nobody to load it.
            next = before.OfScript ? next : null;
        }

        return null;
    }
}
