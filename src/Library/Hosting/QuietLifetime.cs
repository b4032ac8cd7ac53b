using Microsoft.Extensions.Hosting;

namespace KvmActors.Library.Hosting;

/// <summary>The lifetime of a Generic Host within another program: it takes no signals, which are that program's, and says nothing.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
