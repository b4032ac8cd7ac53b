namespace KvmActors.Library.Programs;

/// <summary>A program that cannot be run, and the exit code a shell would give: 126 or 127.</summary>
internal sealed class ProgramException(int exitCode, string message) : Exception(message)
{
    /// <summary>The process's exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
