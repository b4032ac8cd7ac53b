using System.Diagnostics;
using KvmActors.Library.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Library.Tests;

/// <summary>Many guests at once: each ends once, nothing is left, and none keeps others from going on.</summary>
public sealed class ConcurrencyTests
{
    private const int Guests = 1000;

    [KvmFact]
    public async Task StartAsync_OfAThousand_WithRandomCancellations_EndsEachOnce_AndLeavesNothing()
    {
        var random = new Random(1);
        await using var host = KvmHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls(new HostApi()) with { MemoryMiB = 8, MaxGuests = 64, PoolSize = 8 });
        var before = CountDescriptors();
        var kinds = Enumerable.Range(0, Guests).Select(_ => (Cancels: random.Next(3) == 0, Delay: random.Next(200), Calls: random.Next(3))).ToList();

        var ends = await Task.WhenAll(kinds.Select(kind => Task.Run(async () =>
        {
            using var cancel = new CancellationTokenSource();
            if (kind.Cancels)
            {
                cancel.CancelAfter(kind.Delay);
            }

            try
            {
                await using var guest = await template.StartAsync(cancellationToken: cancel.Token);
                for (var call = 0; call < kind.Calls; call++)
                {
                    Assert.Equal(call + 1, await guest.CallAsync<int>("count", cancel.Token));
                }

                return (Result: "done", guest.Completion);
            }
            catch (OperationCanceledException)
            {
                return (Result: "cancelled", Task.FromResult<GuestResult>(null!));
            }
            catch (GuestEndedException e)
            {
                return (Result: kind.Cancels ? "cancelled" : e.Message, Task.FromResult<GuestResult>(null!));
            }
        })));

        Assert.All(ends, end => Assert.Contains(end.Result, (string[])["done", "cancelled"]));
        Assert.All(kinds.Zip(ends).Where(row => !row.First.Cancels), row => Assert.Equal("done", row.Second.Result));
        await template.DisposeAsync();

        // What the runtime itself opens meanwhile is little.
        Assert.InRange(CountDescriptors(), 0, before + 20);
    }

    [KvmFact]
    public async Task HostFunctions_ThatWaitInFiveHundredGuests_KeepNoThreadOfThePool()
    {
        const int Waiting = 500;
        await using var host = KvmHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls(new HostApi()) with { MemoryMiB = 8, PoolSize = 0 });
        var guests = await Task.WhenAll(Enumerable.Range(0, Waiting).Select(_ => template.StartAsync()));
        await Task.WhenAll(guests.Select(guest => guest.CallAsync<int>("count").AsTask()));
        var threads = ThreadPool.ThreadCount;
        var watch = Stopwatch.StartNew();

        var answers = await Task.WhenAll(guests.Select(guest => guest.CallAsync<int>("ask", "later").AsTask()));

        // Each waits 100 ms; one after the other, or with a thread for each, it would be far more than this.
        Assert.All(answers, answer => Assert.Equal(5, answer));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
        Assert.InRange(ThreadPool.ThreadCount, 0, threads + 50);
        await Task.WhenAll(guests.Select(guest => guest.DisposeAsync().AsTask()));
    }

    private static int CountDescriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
