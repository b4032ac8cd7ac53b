// A fleet of bare-metal devices: one firmware image in hundreds of VMs at once, each with a room of its own around it, which is written in C#.
//
//     dotnet run --project samples/Fleet -- 500
//
// The firmware, guest/thermostat.c, is compiled with the project; Room.cs is its device, and the world behind it.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Fleet;
using KvmActors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var count = args is [var number, ..] ? int.Parse(number) : 200;
var rooms = new ConcurrentBag<Room>();
var made = -1;

await using var host = KvmHost.Create();
await using var template = await host.LoadAsync(GuestProgram.Bare(Path.Combine(AppContext.BaseDirectory, "guests", "thermostat")) with
{
    MemoryMiB = 4,
    MaxGuests = 64,
    PoolSize = 0,
    Timeout = TimeSpan.FromMinutes(1),
    Devices = [GuestDevice.InMemory(0x4000_0000, 16, Furnish)],
});

var watch = Stopwatch.StartNew();
var runs = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => template.RunAsync()));
watch.Stop();

Console.WriteLine("  Outside   Rooms    Inside   Heated   Switched");
foreach (var row in rooms.GroupBy(room => room.Outside).OrderBy(row => row.Key))
{
    Console.WriteLine($"{row.Key,7:0} °C{row.Count(),8}{row.Average(room => room.Temperature),7:0.0} °C{row.Average(room => room.Heated),9:0%}{row.Average(room => room.Switches),11:0.0}");
}

var failed = runs.Where(run => !run.Result.IsSuccess).ToList();
foreach (var run in failed.Take(5))
{
    Console.WriteLine($"{run.Result.Id}: {run.Result.Outcome}, {run.Result.Message}");
}

Console.WriteLine($"{count - failed.Count} of {count} thermostats ended well, with {runs.Sum(run => run.Result.Exits.Values.Sum())} exits, in {watch.Elapsed.TotalSeconds:0.0} s");
return failed.Count == 0 ? 0 : 1;

Room Furnish()
{
    var room = new Room(outside: -15 + (5 * (Interlocked.Increment(ref made) % 6)), target: 20);
    rooms.Add(room);
    return room;
}
