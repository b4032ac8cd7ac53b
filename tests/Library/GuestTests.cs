using KvmActors.Library.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Library.Tests;

/// <summary>Programs that are started, fed, read, cancelled, limited and stopped for a while, on the real device and in software.</summary>
public sealed class GuestTests
{
    [VmFact]
    public async Task RunAsync_OfAProgram_GivesWhatItWroteAndHowItEnded()
    {
        await using var host = LibraryHost.Create();

        var run = await host.RunAsync(Shell("echo out; echo err >&2; read line; echo $line $1 $NAME; exit 3"), new GuestStartOptions
        {
            Arguments = ["sh", "-c", "echo out; echo err >&2; read line; echo $line $1 $NAME; exit 3", "sh", "word"],
            Environment = new Dictionary<string, string> { ["NAME"] = "wörld" },
            InputBytes = "in\n"u8.ToArray(),
        });

        Assert.Equal((GuestOutcome.Exited, 3, false), (run.Result.Outcome, run.Result.ExitCode, run.Result.IsSuccess));
        Assert.Equal("out\nin word wörld\n", run.OutputText);
        Assert.Equal("err\n", run.ErrorText);
        Assert.True(run.Result.Exits.Values.Sum() > 0);
        Assert.Equal(LibraryHost.Backend, run.Result.Backend);
    }

    [VmFact]
    public async Task StartAsync_OfOneTemplate_GivesEachGuestItsOwnWords_HoweverMany()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(new GuestProgram(LibraryHost.Busybox) { Arguments = ["echo", "of the template"], Environment = new Dictionary<string, string> { ["A"] = "b" } });
        string[][] all = [["echo"], ["echo", "a"], ["echo", new string('x', 2000), "y"], [.. Enumerable.Repeat("echo", 1).Concat(Enumerable.Range(0, 300).Select(number => $"{number}"))], ["echo", "ünï"]];

        Assert.Equal("of the template\n", (await template.RunAsync()).OutputText);
        foreach (var words in all.Concat(all.Reverse()))
        {
            var run = await template.RunAsync(new GuestStartOptions { Arguments = words });
            Assert.Equal(string.Join(' ', words.Skip(1)) + "\n", run.OutputText);
            Assert.True(run.Result.WasWarm);
        }

        Assert.Equal("C=d\n", (await template.RunAsync(new GuestStartOptions { Arguments = ["env"], Environment = new Dictionary<string, string> { ["C"] = "d" } })).OutputText);
        Assert.Equal("A=b\n", (await template.RunAsync(new GuestStartOptions { Arguments = ["env"] })).OutputText);
        var tooLong = await Assert.ThrowsAsync<ArgumentException>(() => template.RunAsync(new GuestStartOptions { Arguments = ["echo", new string('x', 100_000)] }));
        Assert.Contains("raise GuestProgram.ArgumentBytes", tooLong.Message, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Streams_OfAGuest_ComeAndGoWhileItRuns()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(new GuestProgram(LibraryHost.Busybox) { Arguments = ["cat"] });
        await using var guest = await template.StartAsync(new GuestStartOptions { OpensInput = true });
        var lines = new List<string>();

        await guest.Input.WriteAsync("one\n"u8.ToArray());
        await foreach (var line in guest.Output.ReadLinesAsync())
        {
            lines.Add(line);
            if (lines.Count == 3)
            {
                guest.Input.Complete();
            }
            else
            {
                await guest.Input.WriteAsync("more\n"u8.ToArray());
            }
        }

        Assert.Equal(["one", "more", "more"], lines);
        Assert.True((await guest.Completion).IsSuccess);

        // More than the buffers hold, both ways at once.
        var much = new byte[3 << 20];
        Random.Shared.NextBytes(much);
        var run = await template.RunAsync(new GuestStartOptions { Input = new MemoryStream(much) });
        Assert.Equal(much, run.Output.ToArray());
    }

    [VmFact]
    public async Task Mappings_OfBytesAndStreams_AreFilesOfTheGuests()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(new GuestProgram(LibraryHost.Busybox)
        {
            Arguments = ["cat"],
            Mappings = [GuestMapping.Bytes("/etc/fixed", "fixed\n"u8.ToArray())],
        });
        using var written = new MemoryStream();

        var direct = await template.RunAsync(new GuestStartOptions
        {
            Arguments = ["cat", "/etc/fixed", "/own"],
            Files = new Dictionary<string, ReadOnlyMemory<byte>> { ["/own"] = "own\n"u8.ToArray() },
        });
        Assert.Equal("fixed\nown\n", direct.OutputText);
        Assert.Contains("own", (await template.RunAsync(new GuestStartOptions { Arguments = ["cat", "/own"] })).ErrorText, StringComparison.Ordinal);
        var copy = await template.RunAsync(new GuestStartOptions
        {
            Arguments = ["dd", "if=/read", "of=/written"],
            ReadStreams = new Dictionary<string, Stream> { ["/read"] = new MemoryStream(new byte[200_000]) },
            WrittenStreams = new Dictionary<string, Stream> { ["/written"] = written },
        });
        Assert.True(copy.Result.IsSuccess, copy.ErrorText);
        Assert.Equal(200_000, written.Length);
    }

    [VmFact]
    public async Task Cancel_AndTimeoutsAndBudgets_EndAGuest_AndTheOthersGoOn()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(Shell("while true; do :; done"));
        await using var other = await host.LoadAsync(new GuestProgram(LibraryHost.Busybox) { Arguments = ["cat"] });
        await using var waits = await other.StartAsync(new GuestStartOptions { OpensInput = true });
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => template.RunAsync(cancellationToken: soon.Token));
        Assert.Equal(GuestOutcome.TimedOut, (await template.RunAsync(new GuestStartOptions { Timeout = TimeSpan.FromMilliseconds(50) })).Result.Outcome);
        Assert.Equal(GuestOutcome.OutOfBudget, (await template.RunAsync(new GuestStartOptions { CpuBudget = TimeSpan.FromMilliseconds(20) })).Result.Outcome);
        await using (var guest = await template.StartAsync())
        {
            guest.Cancel();
            Assert.Equal(GuestOutcome.Cancelled, (await guest.Completion).Outcome);
        }

        await waits.Input.WriteAsync("still here\n"u8.ToArray());
        waits.Input.Complete();
        Assert.Equal("still here\n", await waits.Output.ReadToEndAsync());
    }

    [VmFact]
    public async Task PauseAsync_OfAGuest_HasItStandStill_AndLendsItsMemory()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(GuestProgram.Bare("counter", Counter, GuestBoot.Long64));
        await using var guest = await template.StartAsync();

        Assert.Throws<InvalidOperationException>(() => guest.BorrowMemory().Dispose());
        await guest.PauseAsync();
        var first = Count();
        await Task.Delay(20);
        Assert.Equal(first, Count());
        Set(1UL << 40);
        guest.Resume();
        await Task.Delay(20);
        await guest.PauseAsync();
        Assert.True(Count() > 1UL << 40);
        guest.Cancel();
        await guest.Completion;
        Assert.Throws<GuestEndedException>(() => guest.BorrowMemory().Dispose());

        ulong Count()
        {
            using var memory = guest.BorrowMemory();
            Assert.Throws<InvalidOperationException>(guest.Resume);
            return BitConverter.ToUInt64(memory.Slice(0x20_0000, 8));
        }

        void Set(ulong value)
        {
            using var memory = guest.BorrowMemory();
            BitConverter.TryWriteBytes(memory.Slice(0x20_0000, 8), value);
        }
    }

    [VmFact]
    public async Task BorrowMemory_OfAGuestThatEndsMeanwhile_StaysUntilItIsGivenBack()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(GuestProgram.Bare("counter", Counter, GuestBoot.Long64));
        await using var guest = await template.StartAsync(new GuestStartOptions { Timeout = TimeSpan.FromMilliseconds(300) });
        await guest.PauseAsync();

        Assert.Throws<ArgumentOutOfRangeException>(() => Slice(ulong.MaxValue - 3, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => Slice(64UL << 20, 1));
        Hold();

        Assert.Equal(GuestOutcome.TimedOut, (await guest.Completion).Outcome);

        void Slice(ulong address, int length)
        {
            using var memory = guest.BorrowMemory();
            memory.Slice(address, length).Clear();
        }

        // The VM is closed under it, and the memory is there all the same.
        void Hold()
        {
            using var memory = guest.BorrowMemory();
            var bytes = memory.Slice(0, 1 << 20);
            Assert.True(SpinWait.SpinUntil(() => guest.Completion.IsCompleted, TimeSpan.FromSeconds(20)));
            bytes.Fill(1);
        }
    }

    [VmFact]
    public async Task Devices_InCSharp_AnswerABareGuest()
    {
        await using var host = LibraryHost.Create();
        var ports = new PortLog();
        var registers = new RegisterLog();

        // in eax, 0x50; add eax, 1; out 0x54, al; mov rbx, 0x8000_0000; mov ecx, [rbx+8]; mov [rbx], ecx; hlt
        byte[] code = [0xE5, 0x50, 0x83, 0xC0, 0x01, 0xE6, 0x54, 0x48, 0xC7, 0xC3, 0, 0, 0, 0x40, 0x8B, 0x4B, 0x08, 0x89, 0x0B, 0xF4];
        var run = await host.RunAsync(GuestProgram.Bare("devices", code) with
        {
            Devices = [GuestDevice.OnPorts(0x50, 8, () => ports), GuestDevice.InMemory(0x4000_0000, 16, () => registers)],
        });

        Assert.Equal(GuestOutcome.Halted, run.Result.Outcome);
        Assert.Equal([(4, 1, 0x42u)], ports.Writes);
        Assert.Equal([(0L, 4, 77UL)], registers.Writes);
    }

    [VmFact]
    public async Task LoadAsync_OfWhatCannotRun_SaysWhy()
    {
        await using var host = LibraryHost.Create();

        Assert.Contains("not found", await ProblemOf(new GuestProgram("/no/such/program")), StringComparison.Ordinal);
        Assert.Contains("is no ELF program", await ProblemOf(new GuestProgram(WriteText())), StringComparison.Ordinal);
        Assert.Contains("MemoryMiB: 0 is not from 4", await ProblemOf(new GuestProgram(LibraryHost.Busybox) { MemoryMiB = 0 }), StringComparison.Ordinal);
        Assert.Contains("no file or folder '/no/such'", await ProblemOf(new GuestProgram(LibraryHost.Busybox) { Mappings = [GuestMapping.Path("/no/such", "/x")] }), StringComparison.Ordinal);
        Assert.Contains("is linked dynamically", await ProblemOf(new GuestProgram("/bin/ls")), StringComparison.Ordinal);
        Assert.Contains("the image is empty", await ProblemOf(GuestProgram.Bare("nothing", ReadOnlyMemory<byte>.Empty)), StringComparison.Ordinal);
        Assert.Contains("Arguments[0]: an argument cannot contain NUL", await ProblemOf(new GuestProgram(LibraryHost.Busybox) { Arguments = ["a\0b"] }), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => GuestMapping.Bytes("relative", default));

        async Task<string> ProblemOf(GuestProgram program) => (await Assert.ThrowsAsync<GuestStartException>(() => host.LoadAsync(program))).Message;

        static string WriteText()
        {
            var file = Path.GetTempFileName();
            File.WriteAllText(file, "no program");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            return file;
        }
    }

    [VmFact]
    public async Task RunScenarioAsync_BesideGuests_RunsThemAll_AndItsCancellationIsItsOwn()
    {
        await using var host = LibraryHost.Create();
        await using var template = await host.LoadAsync(new GuestProgram(LibraryHost.Busybox) { Arguments = ["cat"] });
        await using var guest = await template.StartAsync(new GuestStartOptions { OpensInput = true });
        var wrote = new List<string>();
        var scenario = new GuestScenario
        {
            Guests = [new GuestInstances(new GuestProgram(LibraryHost.Busybox) { Arguments = ["echo", "hello"] }, 5), new GuestInstances(Shell("exit 3"))],
            MaxConcurrency = 2,
            Output = piece =>
            {
                lock (wrote)
                {
                    wrote.Add($"{piece.Guest}: {System.Text.Encoding.UTF8.GetString(piece.Bytes.Span)}");
                }
            },
        };

        var result = await host.RunScenarioAsync(scenario);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.RunScenarioAsync(new GuestScenario { Guests = [new GuestInstances(Shell("while true; do :; done"), 3)] }, soon.Token));

        Assert.Equal(["busybox-0", "busybox-1", "busybox-2", "busybox-3", "busybox-4", "busybox-2-0"], result.Guests.Select(one => one.Id));
        Assert.Equal([0, 0, 0, 0, 0, 3], result.Guests.Select(one => one.ExitCode));
        Assert.False(result.IsSuccess);
        Assert.Contains("busybox-4: hello\n", wrote);
        await guest.Input.WriteAsync("still here\n"u8.ToArray());
        guest.Input.Complete();
        Assert.Equal("still here\n", await guest.Output.ReadToEndAsync());
    }

    [VmFact]
    public async Task DisposeAsync_OfAHost_EndsItsGuests()
    {
        var host = LibraryHost.Create();
        var template = await host.LoadAsync(Shell("while true; do :; done"));
        var guest = await template.StartAsync();

        await host.DisposeAsync();

        Assert.Equal(GuestOutcome.Cancelled, (await guest.Completion).Outcome);
        await guest.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => template.StartAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.LoadAsync(Shell("")));
    }

    [VmFact]
    public async Task FromBytes_OfAProgramInMemory_RunsIt()
    {
        await using var host = LibraryHost.Create();

        var run = await host.RunAsync(GuestProgram.FromBytes("busybox", await File.ReadAllBytesAsync(LibraryHost.Busybox)), new GuestStartOptions { Arguments = ["echo", "from memory"] });

        Assert.Equal("from memory\n", run.OutputText);
    }

    // mov rdi, 0x200000; inc qword [rdi]; jmp back
    private static readonly byte[] Counter = [0x48, 0xC7, 0xC7, 0, 0, 0x20, 0, 0x48, 0xFF, 0x07, 0xEB, 0xFB];

    private static GuestProgram Shell(string script) => new(LibraryHost.Busybox) { Arguments = ["sh", "-c", script] };

    private sealed class PortLog : IPortDevice
    {
        public List<(int Offset, int Size, uint Value)> Writes { get; } = [];

        public uint Read(int offset, int size) => 0x41;

        public void Write(int offset, int size, uint value) => Writes.Add((offset, size, value));
    }

    private sealed class RegisterLog : IMemoryDevice
    {
        public List<(long Offset, int Size, ulong Value)> Writes { get; } = [];

        public ulong Read(long offset, int size) => offset == 8 ? 77UL : 0;

        public void Write(long offset, int size, ulong value) => Writes.Add((offset, size, value));
    }
}
