namespace KvmActors.Library.Checking;

/// <summary>The configuration or the command line is wrong; each problem is one line that names the key or the file.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public ConfigurationException(string problem)
        : this([problem])
    {
    }

    /// <summary>The problems, a line each.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
