using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Akka.Hosting;

/// <summary>Ties the life of the actor system to the host's.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "The container creates it.")]
internal sealed class AkkaHostedService(IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedService
{
    // As long as Akka's last phase of a shutdown: an actor that hangs must not keep the program from ending.
    private static readonly TimeSpan LongestTermination = TimeSpan.FromSeconds(10);

    private ActorSystem? _system;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _system = services.GetRequiredService<ActorSystem>();
        try
        {
            services.GetRequiredService<AkkaConfigurationBuilder>().Start(_system);
            _ = StopHostAfter(_system);
        }
        catch
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_system is null)
        {
            return;
        }

        try
        {
            await _system.Terminate().WaitAsync(LongestTermination, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Event.LoggingExtensions.Warning(
                _system.Log, "The actor system '{0}' has not terminated within {1} and was left behind", _system.Name, LongestTermination);
        }
    }

    private async Task StopHostAfter(ActorSystem system)
    {
        await system.WhenTerminated.ConfigureAwait(false);
        lifetime.StopApplication();
    }
}
