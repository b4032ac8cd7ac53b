namespace KvmActors.Host.CommandLine;

/// <summary>What people may have meant by a word that nobody knows.</summary>
internal static class Suggestion
{
    /// <summary>Finds the known word nearest to one that is not.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="known">What could have been.</param>
    /// <returns>Null when none is near: more than one slip in three letters is another word.</returns>
    public static string? For(string word, IEnumerable<string> known)
    {
        var most = Math.Max(1, word.TrimStart('-').Length / 3);
        var nearest = known.Select(other => (Word: other, Slips: Slips(word, other)))
            .Where(other => other.Slips <= most && other.Slips < other.Word.TrimStart('-').Length)
            .OrderBy(other => other.Slips).ThenBy(other => other.Word, StringComparer.Ordinal).FirstOrDefault();
        return nearest.Word;
    }

    // Letters that were left out, added, changed, or swapped with their neighbour (optimal string alignment).
    private static int Slips(string typed, string meant)
    {
        if (Math.Abs(typed.Length - meant.Length) > meant.Length)
        {
            return int.MaxValue;
        }

        var table = new int[typed.Length + 1, meant.Length + 1];
        for (var row = 0; row <= typed.Length; row++)
        {
            for (var column = 0; column <= meant.Length; column++)
            {
                if (row == 0 || column == 0)
                {
                    table[row, column] = row + column;
                    continue;
                }

                var change = typed[row - 1] == meant[column - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(table[row - 1, column] + 1, table[row, column - 1] + 1), table[row - 1, column - 1] + change);
                if (row > 1 && column > 1 && typed[row - 1] == meant[column - 2] && typed[row - 2] == meant[column - 1])
                {
                    best = Math.Min(best, table[row - 2, column - 2] + 1);
                }

                table[row, column] = best;
            }
        }

        return table[typed.Length, meant.Length];
    }
}
