using KvmActors;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a <see cref="KvmHost"/> to an application's services.</summary>
public static class KvmActorsServiceCollectionExtensions
{
    /// <summary>Adds one <see cref="KvmHost"/> for the whole application, which ends with it. Its log goes to the application's.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets its options; null for what they are.</param>
    public static IServiceCollection AddKvmActors(this IServiceCollection services, Action<KvmHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<KvmHostOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(provider => KvmHost.Create(
            provider.GetRequiredService<IOptions<KvmHostOptions>>().Value, provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance));
        return services;
    }
}
