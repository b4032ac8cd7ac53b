using System.Diagnostics;

namespace KvmActors.Interop.Tests.Support;

/// <summary>Compiles and runs a small C program, to learn what the C headers say.</summary>
internal static class CCompiler
{
    /// <summary>Runs a C file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="arguments">Further arguments for the compiler.</param>
    /// <returns>The numbers it printed, one <c>name value</c> line each.</returns>
    public static Dictionary<string, long> Run(string source, params string[] arguments)
    {
        using var folder = new TempFolder();
        var program = folder["program"];
        Execute("gcc", ["-Wall", "-Wextra", "-Werror", "-O0", "-o", program, .. arguments, source]);
        return Execute(program, [])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => long.Parse(parts[1]), StringComparer.Ordinal);
    }

    private static string Execute(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} failed with status {process.ExitCode}: {errors.GetAwaiter().GetResult()}");
        return output;
    }
}
