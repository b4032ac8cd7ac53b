namespace KvmActors.Host.Output;

/// <summary>What a program that draws on a terminal has left it in, and what takes that back.</summary>
internal sealed class DrawingState
{
    // On by default; the other modes are off.
    private static readonly string[] OnByDefault = ["?7", "?25"];

    private readonly SortedSet<string> _changedModes = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _changes = new(StringComparer.Ordinal);

    /// <summary>Whether the terminal was asked something that it answers as the user's input.</summary>
    public bool HasAsked { get; private set; }

    /// <summary>What to send the terminal when the program has ended; empty when nothing has to be taken back.</summary>
    public string Reset => string.Concat(_changedModes.Select(mode => $"\e[{mode}{(IsOnByDefault(mode) ? 'h' : 'l')}").Concat(_changes));

    /// <summary>Takes note of a sequence that goes to the terminal.</summary>
    /// <param name="kind">What it asks for.</param>
    /// <param name="sequence">The whole of it.</param>
    public void Note(ControlSequenceKind kind, ReadOnlySpan<byte> sequence)
    {
        HasAsked |= kind == ControlSequenceKind.Question;
        foreach (var mode in ControlSequence.ModesOf(sequence))
        {
            if (IsOnByDefault(mode) == (sequence[^1] == 'h'))
            {
                _changedModes.Remove(mode);
            }
            else
            {
                _changedModes.Add(mode);
            }
        }

        _ = (sequence[1], sequence[^1]) switch
        {
            ((byte)'=', _) => _changes.Add("\e>"),
            ((byte)'>', _) => _changes.Remove("\e>"),
            ((byte)'(' or (byte)')', _) => _changes.Add($"\e{(char)sequence[1]}B"),
            (_, (byte)'m') => _changes.Add("\e[m"),

            // Setting the region moves the cursor.
            (_, (byte)'r') => _changes.Add("\e7\e[r\e8"),
            _ => false,
        };
    }

    private static bool IsOnByDefault(string mode) => OnByDefault.Contains(mode, StringComparer.Ordinal);
}
