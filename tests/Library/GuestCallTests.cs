using KvmActors.Library.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Library.Tests;

/// <summary>Typed calls, both ways, with guests on the real device and in software.</summary>
public sealed class GuestCallTests
{
    [VmFact]
    public async Task CallAsync_OfEachKindOfValue_BringsItThereAndBack()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls());
        await using var guest = await template.StartAsync();
        var calls = new CallsGuest(guest);

        Assert.Equal(6, await guest.CallAsync<int>("score", new byte[] { 1, 2, 3 }));
        Assert.Equal("hello wörld", await guest.CallAsync<string>("greet", "wörld"));
        Assert.Equal(0.75, await guest.CallAsync<double>("scale", 0.5f, 1.5));
        Assert.True(await guest.CallAsync<bool>("elsewhere"));
        Assert.Equal("ababab"u8.ToArray(), await guest.CallAsync<byte[]>("repeat", "ab"u8.ToArray(), 3));
        Assert.Equal(new Point(2, 1, -7), await calls.MirrorAsync(new Point(1, 2, 7)));
        Assert.Equal(-1 + 2 - 3 + 4 - 5 + 6 - 7 + 8 + 1, await calls.SumAsync(-1, 2, -3, 4, -5, 6, -7, 8, true));
        Assert.Equal(510, await calls.ScoreAsync(new byte[] { 255, 255 }));
        await guest.CallAsync("empty", []);
    }

    [VmFact]
    public async Task CallAsync_OfWhatIsWrong_SaysWhatToDo()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls());
        await using var guest = await template.StartAsync();

        Assert.Contains("has no function nobody: it has ask, count,", await MessageOf(() => guest.CallAsync<int>("nobody")), StringComparison.Ordinal);
        Assert.Contains("score is int (bytes), and was called as int (int)", await MessageOf(() => guest.CallAsync<int>("score", 5)), StringComparison.Ordinal);
        Assert.Contains("and was called as string (bytes)", await MessageOf(() => guest.CallAsync<string>("score", new byte[1])), StringComparison.Ordinal);
        Assert.Contains("no guest's function can answer with a Version", await MessageOf(() => guest.CallAsync<Version>("count")), StringComparison.Ordinal);
        Assert.Equal("no: because", await MessageOf(() => new CallsGuest(guest).FailAsync("because").AsTask()));
        Assert.Contains("did not answer what its signature says", await MessageOf(() => guest.CallAsync<string>("lie")), StringComparison.Ordinal);
        Assert.Contains("holds 65520: define KVMACTORS_BUFFER_BYTES larger", await MessageOf(() => guest.CallAsync<int>("score", new byte[70_000])), StringComparison.Ordinal);
        Assert.Equal(0, await guest.CallAsync<int>("score", Array.Empty<byte>()));
    }

    [VmFact]
    public async Task Call_OfTheHostsFunctions_WaitsForThem_AndErrorsTravelAsErrors()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls(new HostApi()));
        await using var guest = await template.StartAsync();

        Assert.Equal(3, await guest.CallAsync<int>("ask", "key"));
        Assert.Equal(5, await guest.CallAsync<int>("ask", "later"));
        Assert.Equal("1 no such key", await MessageOf(() => guest.CallAsync<int>("ask", "told")));
        Assert.Equal("1 the host function Query failed", await MessageOf(() => guest.CallAsync<int>("ask", "secret")));
        Assert.Equal("-2 ", await MessageOf(() => guest.CallAsync<int>("ask", "nobody")));
        Assert.Equal([3, 2, 1, 5, 25, 1, 3, 2, 3], await guest.CallAsync<byte[]>("exchange", new byte[] { 1, 2, 3 }));
    }

    [VmFact]
    public async Task CallOnceAsync_OfAGuest_LeavesNothingForTheNext()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls());
        await using var guest = await template.StartAsync();

        Assert.Equal((1, 2), (await guest.CallAsync<int>("count"), await guest.CallAsync<int>("count")));
        await guest.ResetAsync();
        Assert.Equal((1, 1, 1), (await guest.CallOnceAsync<int>("count", []), await guest.CallOnceAsync<int>("count", []), await guest.CallAsync<int>("count")));

        // What it has open is closed.
        await using var sees = await host.LoadAsync(new GuestProgram(LibraryHost.Guest("calls")) { Mappings = [GuestMapping.Bytes("/data", "x"u8.ToArray())] });
        await using var opener = await sees.StartAsync();
        Assert.Equal((3, 4), (await opener.CallAsync<int>("open", "/data"), await opener.CallAsync<int>("open", "/data")));
        await opener.ResetAsync();
        Assert.Equal(3, await opener.CallAsync<int>("open", "/data"));
    }

    [VmFact]
    public async Task StartAsync_OfTheSecond_BeginsWhereTheFirstWaited_UnlessItHasItsOwn()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls());
        await using var first = await template.StartAsync();
        Assert.Equal(1, await first.CallAsync<int>("count"));
        await using var second = await template.StartAsync();
        await using var own = await template.StartAsync(new GuestStartOptions { Arguments = ["41"], KeepsFirstCall = true });

        Assert.Equal(1, await second.CallAsync<int>("count"));
        Assert.Equal(42, await own.CallAsync<int>("count"));
        await own.ResetAsync();
        Assert.Equal(42, await own.CallAsync<int>("count"));
        own.Cancel();
        Assert.Equal("ready\n", await own.Output.ReadToEndAsync());
    }

    [VmFact]
    public async Task CallAsync_ThatIsCancelled_EndsTheCallAndNotTheGuest()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls(new HostApi()));
        await using var guest = await template.StartAsync();
        Assert.Equal(1, await guest.CallAsync<int>("count"));

        foreach (var name in (string[])["spin", "nap"])
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            if (name == "nap" && TestBackend.IsSoftware)
            {
                // A sleep takes no time there.
                continue;
            }

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => guest.CallAsync(name, [], soon.Token).AsTask());
        }

        using (var asked = new CancellationTokenSource(TimeSpan.FromMilliseconds(50)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => guest.CallAsync<int>("ask", "never", asked.Token).AsTask());
        }

        Assert.Equal(1, await guest.CallAsync<int>("count"));
    }

    [VmFact]
    public async Task CallAsync_OfAGuestThatEnds_SaysHow_NowAndLater()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls());
        await using var crashes = await template.StartAsync();
        await using var leaves = await template.StartAsync();

        var crash = await Assert.ThrowsAsync<GuestEndedException>(() => crashes.CallAsync("crash", []).AsTask());
        var left = await Assert.ThrowsAsync<GuestEndedException>(() => leaves.CallAsync("leave", [7]).AsTask());

        Assert.Equal((GuestOutcome.Panicked, 11), (crash.Result!.Outcome, crash.Result.Signal));
        Assert.Contains("page fault at 0x8", crash.Message, StringComparison.Ordinal);
        Assert.NotNull(crash.Result.Crash);
        Assert.Equal((GuestOutcome.Exited, 7), (left.Result!.Outcome, left.Result.ExitCode));
        await Assert.ThrowsAsync<GuestEndedException>(() => crashes.CallAsync<int>("count").AsTask());
        await leaves.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => leaves.CallAsync<int>("count").AsTask());
    }

    [VmFact]
    public async Task InvokeAsync_OnTheVcpusThread_CallsInTurn_AndBringsWhatIsThrown()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(LibraryHost.Calls());
        await using var guest = await template.StartAsync();
        var sums = new List<int>();

        await guest.InvokeAsync(
            static (session, sums) =>
            {
                for (var i = 0; i < 3; i++)
                {
                    sums.Add(session.Call<int>("score", new byte[] { (byte)i, 1 }));
                }
            },
            sums);

        Assert.Equal([1, 2, 3], sums);
        await Assert.ThrowsAsync<FormatException>(() => guest.InvokeAsync<int>(static (_, _) => throw new FormatException(), 0).AsTask());
        await Assert.ThrowsAsync<GuestFunctionException>(() => guest.InvokeAsync<int>(static (session, _) => session.Call<int>("leave", 1), 0).AsTask());
        await Assert.ThrowsAsync<GuestEndedException>(() => guest.InvokeAsync<int>(static (session, _) => session.Call("crash"), 0).AsTask());
    }

    [VmFact]
    public async Task CallAsync_OfABareGuest_NeedsNoKernel()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(GuestProgram.Bare(LibraryHost.Guest("bare"), GuestBoot.Elf64));
        await using var guest = await template.StartAsync(new GuestStartOptions { HostFunctions = new HostApi() });

        Assert.Equal(42, await guest.CallAsync<int>("add", 40, 2));
        Assert.Equal(42, await guest.CallAsync<int>("ask", 21));
        Assert.Equal((1u, 2u), (await guest.CallAsync<uint>("count"), await guest.CallAsync<uint>("count")));
        await guest.ResetAsync();
        Assert.Equal(1u, await guest.CallAsync<uint>("count"));
    }

    [VmFact]
    public async Task CallAsync_OfACppGuest_KnowsItsTypes()
    {
        if (!File.Exists(LibraryHost.Guest("calls-cpp")))
        {
            // There is no C++ compiler here, which the build says.
            return;
        }

        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(new GuestProgram(LibraryHost.Guest("calls-cpp")) { HostFunctions = new HostApi() });
        await using var guest = await template.StartAsync();

        Assert.Equal(6, await guest.CallAsync<int>("score", new byte[] { 1, 2, 3 }));
        Assert.Equal("hello you", await guest.CallAsync<string>("greet", "you"));
        Assert.Equal(new Point(2, 1, -7), await guest.CallAsync<Point>("mirror", GuestValue.Of(new Point(1, 2, 7))));
        Assert.Equal((byte)1, await guest.CallAsync<byte>("next", (byte)0));
        Assert.Equal([9, 8], await guest.CallAsync<byte[]>("echo", new byte[] { 9, 8 }));
        Assert.Equal("no: way", await MessageOf(() => guest.CallAsync("fail", ["way"]).AsTask()));
        Assert.Equal(3, await guest.CallAsync<int>("ask", "key"));
        Assert.Equal("no such key", await MessageOf(() => guest.CallAsync<int>("ask", "told")));
    }

    private static async Task<string> MessageOf<T>(Func<ValueTask<T>> call) => (await Assert.ThrowsAnyAsync<GuestException>(() => call().AsTask())).Message;

    private static async Task<string> MessageOf(Func<Task> call) => (await Assert.ThrowsAnyAsync<GuestException>(call)).Message;
}
