using KvmActors.Host.Configuration.Reading;
using Microsoft.Extensions.Configuration;

namespace KvmActors.Host.Configuration;

/// <summary>All settings of a run: the program's, the scenario's, the environment's and the command line's, later ones laid over earlier ones.</summary>
/// <param name="root">The sections.</param>
internal sealed class ProgramSettings(Setting root) : IDisposable
{
    private ConfigurationManager? _forHost;

    /// <summary>The sections.</summary>
    public Setting Root => root;

    /// <summary>What the Generic Host reads of them itself: the logging's levels.</summary>
    public ConfigurationManager ForHost
    {
        get
        {
            if (_forHost is null)
            {
                _forHost = new ConfigurationManager();
                _forHost.AddInMemoryCollection(root.Find("Logging") is { } logging ? Flatten("Logging", logging) : []);
            }

            return _forHost;
        }
    }

    /// <summary>Finds a setting.</summary>
    /// <param name="key"><c>Scenario:Vms:0:Name</c>.</param>
    /// <returns>Null when there is none.</returns>
    public Setting? Find(string key) => key.Split(':').Aggregate((Setting?)root, (setting, name) => setting?.Find(name));

    /// <inheritdoc/>
    public void Dispose() => _forHost?.Dispose();

    private static IEnumerable<KeyValuePair<string, string?>> Flatten(string path, Setting setting) => setting.Children.Count == 0
        ? [KeyValuePair.Create<string, string?>(path, setting.Text)]
        : setting.Children.SelectMany(child => Flatten($"{path}:{child.Name}", child));
}
