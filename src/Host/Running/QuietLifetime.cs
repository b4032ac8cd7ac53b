using Microsoft.Extensions.Hosting;

namespace KvmActors.Host.Running;

/// <summary>The Generic Host's lifetime here: it takes no signals, because those are <see cref="StopSignals"/>'s, and says nothing.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
