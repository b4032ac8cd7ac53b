// bench/calls/run: what calls of guests' functions cost, as ratios to an exit by a port that is measured in the same run.
using System.Diagnostics;
using System.Globalization;
using KvmActors;
using KvmActors.CallBench;

var guests = args.Length > 0 ? args[0] : throw new InvalidOperationException("the folder of the guests is missing: use bench/calls/run");
var pairs = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 20;
const int PoolSize = 8;
await using var host = KvmHost.Create(new KvmHostOptions { Backend = GuestBackend.Kvm });
var functions = new Api();
await using var bareTemplate = await host.LoadAsync(GuestProgram.Bare(Path.Combine(guests, "bare")) with
{
    HostFunctions = functions,
    Devices = [GuestDevice.OnPorts(0x50, 1, () => new Sink())],
});
await using var resetTemplate = await host.LoadAsync(GuestProgram.Bare(Path.Combine(guests, "bare")) with { HostFunctions = functions });
await using var programTemplate = await host.LoadAsync(new GuestProgram(Path.Combine(guests, "program")) { HostFunctions = functions, PoolSize = PoolSize });
await using var bare = await bareTemplate.StartAsync();
await using var resettable = await resetTemplate.StartAsync();
await using var program = await programTemplate.StartAsync();
using var handOver = new HandOver();
var started = new List<Guest>();

// Each is run so often that one measurement takes some milliseconds.
Measure[] measures =
[
    new("exit by a port", 500, async count => await bare.CallAsync("ports", [count])),
    new("P/Invoke of getppid", 20_000, count => { for (var i = 0; i < count; i++) { _ = LibC.getppid(); } return Task.CompletedTask; }),
    new("hand-over to a thread and back", 500, count => { handOver.Run(count); return Task.CompletedTask; }),
    new("CallAsync, bare guest", 200, count => Repeat(count, () => bare.CallAsync("empty", []))),
    new("CallAsync, program", 200, count => Repeat(count, () => program.CallAsync("empty", []))),
    new("Call on the vCPU's thread, bare guest", 200, async count => await bare.InvokeAsync(CallMany, count)),
    new("Call on the vCPU's thread, program", 200, async count => await program.InvokeAsync(CallMany, count)),
    new("host function on the vCPU's thread, bare guest", 200, async count => await bare.CallAsync("ask_inline", [count])),
    new("host function on the thread pool, bare guest", 200, async count => await bare.CallAsync("ask_pooled", [count])),
    new("host function on the vCPU's thread, program", 200, async count => await program.CallAsync("ask_inline", [count])),
    new("ResetAsync, bare guest", 50, count => Repeat(count, () => resettable.ResetAsync())),
    new("ResetAsync, program", 50, count => Repeat(count, () => program.ResetAsync())),
    new("call with reset, program", 50, count => Repeat(count, () => program.CallOnceAsync("empty", []))),
    new("start of a pooled guest to where it waits for calls", PoolSize, async count =>
    {
        for (var i = 0; i < count; i++)
        {
            var guest = await programTemplate.StartAsync();
            await guest.GetFunctionsAsync();
            started.Add(guest);
        }
    })
    {
        After = async () =>
        {
            await Task.WhenAll(started.Select(guest => guest.DisposeAsync().AsTask()));
            started.Clear();

            // The pool has others made meanwhile.
            await Task.Delay(50);
        },
    },
];

foreach (var measure in measures)
{
    await measure.RunAsync();
    measure.Forget();
}

for (var pair = 0; pair < pairs; pair++)
{
    foreach (var measure in measures)
    {
        await measure.RunAsync();
    }
}

var exit = measures[0];
Console.WriteLine("| | µs, median | exits by a port |");
Console.WriteLine("| --- | ---: | ---: |");
foreach (var measure in measures)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {measure.Name} | {measure.Median:0.##} | {measure.RatioTo(exit):0.##} |"));
}

await Crowd();

static void CallMany(GuestSession session, int count)
{
    for (var i = 0; i < count; i++)
    {
        session.Call("empty");
    }
}

static async Task Repeat(int count, Func<ValueTask> action)
{
    for (var i = 0; i < count; i++)
    {
        await action();
    }
}

// Ten thousand guests, one after the other, eight at a time; and five hundred that wait in a host's function at once.
async Task Crowd()
{
    const int Guests = 10_000, Before = 1_000, Side = 8;
    var watch = Stopwatch.StartNew();
    long early = 0;
    for (var guest = 0; guest < Guests; guest += Side)
    {
        await Task.WhenAll(Enumerable.Range(0, Side).Select(async _ =>
        {
            await using var crowded = await programTemplate.StartAsync();
            await crowded.CallAsync("empty", []);
        }));
        if (guest == Before)
        {
            early = Resident();
        }
    }

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Guests} guests: {watch.Elapsed.TotalSeconds:0.0} s, resident memory after {Before} {early >> 20} MiB, after all {Resident() >> 20} MiB"));
    const int Waiting = 500;
    await using var small = await host.LoadAsync(new GuestProgram(Path.Combine(guests, "program")) { HostFunctions = functions, MemoryMiB = 8, PoolSize = 0 });
    var crowd = await Task.WhenAll(Enumerable.Range(0, Waiting).Select(_ => small.StartAsync()));
    await Task.WhenAll(crowd.Select(guest => guest.CallAsync("empty", []).AsTask()));
    functions.Delay = TimeSpan.FromMilliseconds(100);
    watch.Restart();
    await Task.WhenAll(crowd.Select(guest => guest.CallAsync("ask_pooled", [1]).AsTask()));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Waiting} guests that wait 100 ms each in a host function: {watch.Elapsed.TotalMilliseconds:0} ms"));
    await Task.WhenAll(crowd.Select(guest => guest.DisposeAsync().AsTask()));
}

static long Resident() => Environment.WorkingSet;
