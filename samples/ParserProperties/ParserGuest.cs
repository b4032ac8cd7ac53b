using KvmActors;
using Xunit;

namespace ParserProperties;

/// <summary>The guest that the tests of a class call. What crashes there is a failed call, and the next finds another guest.</summary>
public sealed class ParserGuest : IAsyncLifetime
{
    private readonly KvmHost _host = KvmHost.Create();
    private GuestTemplate? _template;
    private Guest? _guest;

    public async Task InitializeAsync() =>
        _template = await _host.LoadAsync(new GuestProgram(Path.Combine(AppContext.BaseDirectory, "guests", "utf8")));

    public async Task DisposeAsync() => await _host.DisposeAsync();

    /// <summary>Calls a function in a guest in which nothing has happened yet.</summary>
    public async Task<int> CallAsync(string function, GuestValue argument)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        _guest ??= await _template!.StartAsync();
        try
        {
            return await _guest.CallOnceAsync<int>(function, argument, soon.Token);
        }
        catch (GuestEndedException)
        {
            await _guest.DisposeAsync();
            _guest = null;
            throw;
        }
    }

    /// <summary>The same for properties, which cannot wait otherwise.</summary>
    public int Call(string function, GuestValue argument) => CallAsync(function, argument).GetAwaiter().GetResult();
}
