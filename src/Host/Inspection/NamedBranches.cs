using KvmActors.Machine.Inspection;

namespace KvmActors.Host.Inspection;

/// <summary>A branch as people read it.</summary>
/// <param name="From">The address of the instruction that was left.</param>
/// <param name="FromSymbol">Its function's name and how far into it; null when the program's file does not tell.</param>
/// <param name="To">The address of the next instruction.</param>
/// <param name="ToSymbol">Likewise.</param>
internal sealed record NamedBranch(ulong From, string? FromSymbol, ulong To, string? ToSymbol);

/// <summary>Gives branches the names that the program's file has.</summary>
internal static class NamedBranches
{
    /// <summary>All that are remembered, oldest first.</summary>
    public static IReadOnlyList<NamedBranch> Of(CrashReport crash)
    {
        if (crash.Branches.Count == 0)
        {
            return [];
        }

        var symbols = new ProgramSymbols(crash);
        return [.. crash.Branches.Select(branch => new NamedBranch(branch.From, symbols.Find(branch.From), branch.To, symbols.Find(branch.To)))];
    }

    /// <summary>The newest few: those that a program left its instructions by, where the state is a program's and some are left.</summary>
    /// <param name="crash">The report.</param>
    /// <param name="most">How many at the most.</param>
    public static IReadOnlyList<NamedBranch> NewestOf(CrashReport crash, int most)
    {
        var all = Of(crash);
        var areas = crash.Program?.Areas.Where(area => area.IsExecutable).ToList() ?? [];
        var own = all.Where(branch => areas.Any(area => area.Contains(branch.From))).ToList();
        return [.. (own.Count > 0 ? own : all).TakeLast(most)];
    }
}
