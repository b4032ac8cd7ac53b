using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Exec;

/// <summary>The program's environment, as docker's options of the same names have it: files first, then the variables one by one.</summary>
internal static class EnvironmentWords
{
    private const int MaxFileBytes = 4 << 20;

    /// <summary>Reads it.</summary>
    /// <param name="files">Files of lines <c>NAME=VALUE</c> or <c>NAME</c>; lines that begin with # say nothing.</param>
    /// <param name="variables"><c>NAME=VALUE</c>, or <c>NAME</c> for what this process has under that name, if it has.</param>
    /// <param name="problems">What is wrong goes here, by <c>exec:EnvFile</c> and <c>exec:Env</c>.</param>
    public static Dictionary<string, string> Read(IEnumerable<string> files, IEnumerable<string> variables, Problems problems)
    {
        var environment = new Dictionary<string, string>();
        foreach (var file in files)
        {
            ReadFile(file, environment, problems);
        }

        foreach (var variable in variables)
        {
            if (!Add(environment, variable))
            {
                problems.Add("exec:Env", $"'{variable}' is not NAME=VALUE, nor the NAME of a variable");
            }
        }

        return environment;
    }

    private static void ReadFile(string file, Dictionary<string, string> environment, Problems problems)
    {
        if (ReadBytes(file, out var problem) is not { } bytes)
        {
            problems.Add("exec:EnvFile", $"{file}: {problem}");
            return;
        }

        var number = 0;
        foreach (var text in NativeText.Decode(bytes).TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = (text.EndsWith('\r') ? text[..^1] : text).TrimStart();
            if (line.Length > 0 && line[0] != '#' && (line.Split('=', 2)[0].Any(char.IsWhiteSpace) || line.Contains('\0', StringComparison.Ordinal) || !Add(environment, line)))
            {
                problems.Add("exec:EnvFile", $"{file}: line {number}: '{line}' is not NAME=VALUE, nor the NAME of a variable");
            }
        }
    }

    // A pipe will do, as bash's <(...) gives one.
    private static byte[]? ReadBytes(string file, out string problem)
    {
        problem = "";
        if (file.Length == 0 || file.Contains('\0', StringComparison.Ordinal) || !File.Exists(file))
        {
            problem = Directory.Exists(file) ? "is a folder" : "there is no such file";
            return null;
        }

        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var bytes = new byte[MaxFileBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            problem = $"has more than {MaxFileBytes >> 20} MiB";
            return length <= MaxFileBytes ? bytes[..length] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
            return null;
        }
    }

    // A name that this process has nothing under is not passed on; one that no shell could set is a slip.
    private static bool Add(Dictionary<string, string> environment, string variable)
    {
        if (variable.IndexOf('=', StringComparison.Ordinal) is var end and >= 0)
        {
            environment[variable[..end]] = variable[(end + 1)..];
            return end > 0;
        }

        if (OfThisProcess(variable) is { } value)
        {
            environment[variable] = value;
            return true;
        }

        return variable.Length > 0 && !char.IsAsciiDigit(variable[0]) && variable.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }

    // The runtime reads it as UTF-8 and loses bytes that are none; they are still in /proc/self/environ.
    private static string? OfThisProcess(string name)
    {
        var value = name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) ? null : Environment.GetEnvironmentVariable(name);
        if (value is null || !value.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return value;
        }

        try
        {
            var all = NativeText.Decode(File.ReadAllBytes("/proc/self/environ")).Split('\0');
            return Array.Find(all, variable => variable.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return value;
        }
    }
}
