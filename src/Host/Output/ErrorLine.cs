using System.Globalization;
using System.Text;

namespace KvmActors.Host.Output;

/// <summary>What goes wrong, told on standard error: a line each, whatever is in it.</summary>
internal static class ErrorLine
{
    // A path has 4,096 bytes at the most; what is longer is somebody's data.
    private const int MaxLength = 6000;

    /// <summary>Writes a line that begins with the program's name.</summary>
    /// <param name="problem">What failed, on what, and what to do.</param>
    public static void Write(string problem) => Console.Error.WriteLine($"kvmactors: {Format(problem)}");

    /// <summary>Makes a line of a text: control characters become what C calls them, and a text without end gets one.</summary>
    public static string Format(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (c == '\n')
            {
                line.Append("\\n");
            }
            else if (char.IsControl(c) || c is '\u2028' or '\u2029')
            {
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                line.Append(c);
            }
        }

        return text.Length > MaxLength ? line.Append('…').ToString() : line.ToString();
    }
}
