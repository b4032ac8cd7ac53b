// A service that runs other people's programs: they are uploaded once, and then run as often as somebody likes, each time in a VM of its own that
// sees no files, ends in time, and streams what it writes while it runs.
//
//     dotnet run --project samples/PluginHost -- --urls http://127.0.0.1:5000
//     curl --data-binary @samples/PluginHost/bin/Debug/net10.0/guests/words http://127.0.0.1:5000/plugins/words
//     curl --data-binary 'one two three' http://127.0.0.1:5000/plugins/words/run
//
// Arguments are in the query, ?arg=a&arg=b. Lines come as server-sent events when they are written, and at last how the program ended. A client
// that goes away ends its guest.
using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using KvmActors;

const int MaxProgramBytes = 32 << 20;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = MaxProgramBytes);
builder.Services.AddKvmActors();
var app = builder.Build();
var plugins = new ConcurrentDictionary<string, GuestTemplate>(StringComparer.Ordinal);

app.MapPost("/plugins/{name}", async (string name, HttpRequest request, KvmHost host, CancellationToken aborted) =>
{
    if (!name.All(char.IsAsciiLetterOrDigit))
    {
        return Results.BadRequest("a plug-in's name has letters and digits");
    }

    using var image = new MemoryStream();
    await request.Body.CopyToAsync(image, aborted);
    try
    {
        var template = await host.LoadAsync(
            GuestProgram.FromBytes(name, image.ToArray()) with
            {
                MemoryMiB = 64,
                MaxThreads = 8,
                MaxGuests = 16,
                Timeout = TimeSpan.FromSeconds(10),
                Limits = new GuestLimits { CpuBudget = TimeSpan.FromSeconds(1), OutputBytes = 1 << 20, OpenFiles = 8 },
            },
            aborted);
        if (plugins.TryAdd(name, template))
        {
            return Results.Created($"/plugins/{name}/run", value: null);
        }

        await template.DisposeAsync();
        return Results.Conflict($"there is a plug-in {name}");
    }
    catch (GuestStartException e)
    {
        return Results.BadRequest(e.Message);
    }
});

app.MapPost("/plugins/{name}/run", (string name, HttpRequest request, CancellationToken aborted) =>
    plugins.TryGetValue(name, out var template) ? (IResult)TypedResults.ServerSentEvents(RunAsync(template, request, aborted)) : TypedResults.NotFound());

await app.RunAsync();

static async IAsyncEnumerable<SseItem<string>> RunAsync(GuestTemplate template, HttpRequest request, [EnumeratorCancellation] CancellationToken aborted)
{
    string[] arguments = [.. request.Query["arg"].OfType<string>()];
    await using var guest = await template.StartAsync(new GuestStartOptions { Arguments = arguments, Input = request.Body }, aborted);
    guest.Error.Dispose();
    await foreach (var line in guest.Output.ReadLinesAsync(aborted))
    {
        yield return new SseItem<string>(line, "output");
    }

    var result = await guest.Completion;
    yield return new SseItem<string>(result.ExitCode is { } status ? $"{result.Outcome} {status}" : $"{result.Outcome}", "end");
}
