namespace KvmActors.Library.Tests.Support;

/// <summary>Environment variables of this process for the length of a test. Only in a test that runs alone.</summary>
internal sealed class EnvironmentScope : IDisposable
{
    private readonly Dictionary<string, string?> _before = [];

    /// <summary>Sets a variable; null takes it away.</summary>
    public string? this[string name]
    {
        set
        {
            _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
