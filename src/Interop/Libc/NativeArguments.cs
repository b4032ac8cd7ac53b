using System.Text;

namespace KvmActors.Interop.Libc;

/// <summary>
/// The words of this process's command line as Linux has them. The runtime reads them as UTF-8 and loses the bytes that are none;
/// they are still in <c>/proc/self/cmdline</c>.
/// </summary>
public static class NativeArguments
{
    /// <summary>Reads the words.</summary>
    /// <param name="arguments">As the runtime gave them: without what started the program.</param>
    /// <returns>The same, with each byte that is no UTF-8 as <see cref="NativeText"/> has it.</returns>
    public static string[] Read(string[] arguments)
    {
        try
        {
            return Restore(arguments, File.ReadAllBytes("/proc/self/cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return arguments;
        }
    }

    /// <summary>Finds the words at the end of a command line.</summary>
    /// <param name="arguments">As the runtime gave them.</param>
    /// <param name="commandLine">All words of the process, a NUL behind each.</param>
    /// <returns>As they stand there; as they came where the two do not belong together.</returns>
    internal static string[] Restore(string[] arguments, ReadOnlySpan<byte> commandLine)
    {
        var words = new List<string>();
        while (commandLine.IndexOf((byte)0) is >= 0 and var end)
        {
            words.Add(NativeText.Decode(commandLine[..end]));
            commandLine = commandLine[(end + 1)..];
        }

        var skipped = words.Count - arguments.Length;
        if (skipped < 0)
        {
            return arguments;
        }

        words.RemoveRange(0, skipped);

        // What needed no reading of ours is there to compare.
        return words.Zip(arguments).All(pair => pair.First == pair.Second || pair.Second.Contains(Rune.ReplacementChar.ToString(), StringComparison.Ordinal))
            ? [.. words] : arguments;
    }
}
