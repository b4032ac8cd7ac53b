using System.Text;

namespace KvmActors.Host.Completion;

/// <summary>What a shell is to complete a word with, besides the words it is given.</summary>
internal enum CompletionKind
{
    /// <summary>Nothing.</summary>
    Words,

    /// <summary>Files and folders.</summary>
    Files,

    /// <summary>Folders.</summary>
    Folders,

    /// <summary>Programs along the PATH, and files.</summary>
    Programs,
}

/// <summary>What completes a word.</summary>
/// <param name="Kind">What the shell is to find itself.</param>
/// <param name="Prefix">What of the word stays: what is completed is behind it.</param>
/// <param name="Words">The words there are, without the prefix, and what each does.</param>
internal sealed record CompletionReply(CompletionKind Kind, string Prefix, IReadOnlyList<(string Word, string Does)> Words)
{
    /// <summary>As the scripts read it: a line of kind, space and prefix; then a line of word, tab and description each.</summary>
    /// <returns>Empty where it cannot be told in lines.</returns>
    public string Format()
    {
        var text = new StringBuilder();
        text.Append(Kind.ToString().ToLowerInvariant()).Append(' ').Append(Prefix).Append('\n');
        foreach (var (word, does) in Words)
        {
            text.Append(word).Append('\t').Append(does).Append('\n');
        }

        return Prefix.Any(char.IsControl) || Words.Any(word => word.Word.Any(char.IsControl)) ? "" : text.ToString();
    }
}
