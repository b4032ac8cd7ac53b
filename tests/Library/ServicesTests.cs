using KvmActors.Library.Tests.Support;
using KvmActors.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace KvmActors.Library.Tests;

public sealed class ServicesTests
{
    [VmFact]
    public async Task AddKvmActors_GivesOneHost_WithItsOptions_ThatEndsWithTheServices()
    {
        var services = new ServiceCollection();
        services.AddKvmActors(options => options.Backend = LibraryHost.Backend);
        var provider = services.BuildServiceProvider();
        var host = provider.GetRequiredService<KvmHost>();

        Assert.Same(host, provider.GetRequiredService<KvmHost>());
        Assert.Equal("x\n", (await host.RunAsync(new GuestProgram(LibraryHost.Busybox) { Arguments = ["echo", "x"] })).OutputText);
        await provider.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.LoadAsync(new GuestProgram(LibraryHost.Busybox)));
    }

    [Fact]
    public async Task LoadAsync_WithoutTheKvmThatWasAskedFor_SaysWhatToDo()
    {
        await using var host = KvmHost.Create(new KvmHostOptions { Backend = GuestBackend.Kvm, KvmDevice = "/no/such/kvm" });

        var problem = await Assert.ThrowsAsync<GuestStartException>(() => host.LoadAsync(new GuestProgram(LibraryHost.Busybox)));

        Assert.Contains("/no/such/kvm", problem.Message, StringComparison.Ordinal);
        Assert.Contains("KvmHostOptions.Backend", problem.Message, StringComparison.Ordinal);
    }
}
