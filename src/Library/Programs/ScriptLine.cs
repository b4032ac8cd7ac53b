using System.Text;

namespace KvmActors.Library.Programs;

/// <summary>The first line of a script, as the guest kernel reads it (<c>guest/kernel/script.c</c>).</summary>
internal static class ScriptLine
{
    /// <summary>How much of a file is looked at, in bytes (BINPRM_BUF_SIZE of <c>linux/binfmts.h</c>).</summary>
    public const int MaxBytes = 256;

    /// <summary>Whether a file is a script.</summary>
    public static bool IsScript(ReadOnlySpan<byte> file) => file.StartsWith("#!"u8);

    /// <summary>Finds the interpreter's name.</summary>
    /// <param name="file">The beginning of a script, at least <see cref="MaxBytes"/> of it where it has as many.</param>
    /// <returns>Null when there is none, or when it may be longer than what is looked at.</returns>
    public static string? FindInterpreter(ReadOnlySpan<byte> file)
    {
        var line = file[..Math.Min(file.Length, MaxBytes)];
        var end = line.IndexOf((byte)'\n');
        var isCut = end < 0 && file.Length >= MaxBytes;
        line = (end < 0 ? line : line[..end])[2..].TrimStart(" \t"u8);
        var length = line.IndexOfAny(" \t\0"u8);
        var name = length < 0 ? line : line[..length];
        return name.IsEmpty || (isCut && length < 0) ? null : Encoding.UTF8.GetString(name);
    }
}
