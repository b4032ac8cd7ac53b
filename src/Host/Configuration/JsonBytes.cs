using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace KvmActors.Host.Configuration;

/// <summary>A configuration in JSON that has been read already; as often as the configuration wants it, unlike a stream.</summary>
internal sealed class JsonBytes(byte[] json) : IConfigurationSource
{
    /// <inheritdoc/>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(json);

    private sealed class Provider(byte[] json) : JsonConfigurationProvider(new JsonConfigurationSource())
    {
        public override void Load() => Load(new MemoryStream(json, writable: false));
    }
}
