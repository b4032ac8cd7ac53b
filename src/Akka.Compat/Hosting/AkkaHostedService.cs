using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Akka.Hosting;

/// <summary>Ties the life of the actor system to the host's.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "The container creates it.")]
internal sealed class AkkaHostedService(IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedService
{
    private ActorSystem? _system;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _system = services.GetRequiredService<ActorSystem>();
        try
        {
            services.GetRequiredService<AkkaConfigurationBuilder>().Start(_system, services);
            _ = StopHostAfter(_system);
        }
        catch
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _system is null
        ? Task.CompletedTask
        : CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClrExitReason.Instance);

    private async Task StopHostAfter(ActorSystem system)
    {
        await system.WhenTerminated.ConfigureAwait(false);
        lifetime.StopApplication();
    }
}
