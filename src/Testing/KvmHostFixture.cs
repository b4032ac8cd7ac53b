using Xunit;

namespace KvmActors.Testing;

/// <summary>A host for all tests of a class or a collection.</summary>
public class KvmHostFixture : IAsyncLifetime
{
    /// <summary>The host. Its guests run on what <c>KVMACTORS_BACKEND</c> says, or on KVM where it can be used.</summary>
    public KvmHost Host { get; } = KvmHost.Create(new KvmHostOptions { Backend = TestBackendChoice.Wanted });

    /// <inheritdoc/>
    public virtual Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        var host = Host;
        await host.DisposeAsync();
    }
}

/// <summary>A program that is loaded once for all tests of a class or a collection; each has guests of its own.</summary>
public abstract class GuestFixture : KvmHostFixture
{
    private GuestTemplate? _template;

    /// <summary>What the guests start from.</summary>
    /// <exception cref="InvalidOperationException">xunit has not initialized the fixture yet.</exception>
    public GuestTemplate Template => _template ?? throw new InvalidOperationException("The fixture is not initialized: use it as IClassFixture or ICollectionFixture.");

    /// <summary>The program.</summary>
    protected abstract GuestProgram Program { get; }

    /// <summary>Starts a guest; the test disposes it.</summary>
    /// <param name="options">What it has of its own; null for nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<Guest> StartAsync(GuestStartOptions? options = null, CancellationToken cancellationToken = default) => Template.StartAsync(options, cancellationToken);

    /// <summary>Runs a guest to its end.</summary>
    /// <param name="options">What it has of its own; null for nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<GuestRun> RunAsync(GuestStartOptions? options = null, CancellationToken cancellationToken = default) => Template.RunAsync(options, cancellationToken);

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var host = Host;
        _template = await host.LoadAsync(Program);
    }
}
