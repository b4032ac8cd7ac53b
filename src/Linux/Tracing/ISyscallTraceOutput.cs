namespace KvmActors.Linux.Tracing;

/// <summary>Where the lines of a trace of system calls go. Called on vCPUs' threads, which it keeps waiting.</summary>
public interface ISyscallTraceOutput
{
    /// <summary>Writes a line.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="line">The line, without its end.</param>
    void WriteLine(string vm, string line);
}
