using System.Globalization;
using Akka.Actor;
using KvmActors.Actors.Pools;
using KvmActors.Actors.Specs;
using KvmActors.Library.Checking;
using KvmActors.Library.Functions;
using KvmActors.Library.Hosting;
using KvmActors.Library.Planning;
using KvmActors.Library.Programs;
using KvmActors.Linux.Files;
using KvmActors.Linux.Functions;
using KvmActors.Machine.Streams;

namespace KvmActors;

/// <summary>
/// A program that is loaded. Its guests begin where one before them had got to, and each has its own arguments, environment, input and limits.
/// Safe from any thread.
/// </summary>
public sealed class GuestTemplate : IAsyncDisposable
{
    private const int LiveBytes = 64 << 10, MinOutputBytes = 4 << 10;

    private readonly KvmHost _host;
    private readonly GuestRuntime _runtime;
    private readonly GuestPoolSpec _pool;
    private readonly IActorRef _actor;
    private readonly Lock _gate = new();
    private Task? _closing;
    private long _started;

    internal GuestTemplate(KvmHost host, GuestRuntime runtime, GuestProgram program, GuestPoolSpec pool)
    {
        (_host, _runtime, Program, _pool) = (host, runtime, program, pool);
        _actor = runtime.CreatePool(pool);
    }

    /// <summary>The program.</summary>
    public GuestProgram Program { get; }

    /// <summary>Starts a guest.</summary>
    /// <param name="options">What it has of its own; null for nothing.</param>
    /// <param name="cancellationToken">Ends the guest, before it has begun and afterwards.</param>
    /// <returns>The guest, which is about to execute its first instruction, or has ended since. Dispose it: that ends it, too.</returns>
    /// <exception cref="GuestStartException">It could not be started.</exception>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    /// <exception cref="ObjectDisposedException">The template or its host was disposed.</exception>
    public async Task<Guest> StartAsync(GuestStartOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GuestStartOptions();
        cancellationToken.ThrowIfCancellationRequested();
        var guest = Send(options, isBoot: false, cancellationToken);
        await Task.WhenAny(guest.Began, guest.Completion);
        if (!guest.Began.IsCompletedSuccessfully)
        {
            var result = await guest.Completion;
            await guest.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new GuestStartException($"{result.Id} could not be started: {result.Message}") { Result = result };
        }

        return guest;
    }

    /// <summary>Runs a guest to its end, and gives all that it wrote.</summary>
    /// <param name="options">What it has of its own; null for nothing.</param>
    /// <param name="cancellationToken">Ends the guest; the call ends with <see cref="OperationCanceledException"/> then.</param>
    /// <exception cref="GuestStartException">It could not be started.</exception>
    public async Task<GuestRun> RunAsync(GuestStartOptions? options = null, CancellationToken cancellationToken = default)
    {
        await using var guest = await StartAsync(options, cancellationToken);
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        await Task.WhenAll(guest.Output.CopyToAsync(output, CancellationToken.None), guest.Error.CopyToAsync(error, CancellationToken.None));
        var result = await guest.Completion;
        cancellationToken.ThrowIfCancellationRequested();
        return new GuestRun(result, output.ToArray(), error.ToArray());
    }

    /// <summary>Ends all its guests, and gives back what they started from.</summary>
    public async ValueTask DisposeAsync()
    {
        Task closing;
        lock (_gate)
        {
            closing = _closing ??= _runtime.CloseAsync(_actor, _pool.Grace);
        }

        await closing;
        _host.Forget(this);
    }

    // The first guest goes ahead to where the kernel has booted, so that the others start behind that.
    internal async Task BootAsync(CancellationToken cancellationToken)
    {
        if (Program.Boot is not null || !Program.StartsWarm)
        {
            return;
        }

        await using var guest = Send(new GuestStartOptions { Timeout = TimeSpan.FromMinutes(1) }, isBoot: true, cancellationToken);
        var output = guest.Error.ReadToEndAsync(CancellationToken.None);
        var result = await guest.Completion;
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Outcome != GuestOutcome.Halted)
        {
            var said = (await output).Trim().ReplaceLineEndings(" ");
            throw new GuestStartException($"{Program.Path}: {result.Message ?? (said.Length > 0 ? said : $"the guest kernel ended with status {result.ExitCode}")}") { Result = result };
        }
    }

    private Guest Send(GuestStartOptions options, bool isBoot, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing is not null, this);
        }

        var own = Describe(options, isBoot, out var guest);
        guest.Run(_actor, own, cancellationToken);
        return guest;
    }

    private GuestStart Describe(GuestStartOptions options, bool isBoot, out Guest guest)
    {
        var problems = new Problems();
        var limits = options.Limits ?? Program.Limits;
        limits = options.CpuBudget is { } budget ? limits with { CpuBudget = budget } : limits;
        ProgramPlanner.CheckLimits(nameof(options.Limits), limits, problems);
        ProgramPlanner.CheckTimeout(nameof(options.Timeout), options.Timeout ?? Program.Timeout, problems);
        problems.CheckRange(nameof(options.OutputBufferBytes), options.OutputBufferBytes, MinOutputBytes, 1 << 30);
        var provided = ProvidedOf(options, problems, out var read, out var written);
        if (problems.Count > 0)
        {
            throw new ArgumentException(problems.Text, nameof(options));
        }

        var words = ProgramPlanner.WordsOf(_pool, Program, options);
        var id = isBoot ? $"{_pool.Vm.Name}-boot" : string.Create(CultureInfo.InvariantCulture, $"{_pool.Vm.Name}-{Interlocked.Increment(ref _started) - 1}");
        var isLive = options.InputBytes is null && (options.Input is not null || options.OpensInput);
        var input = isLive ? new StreamBuffer(LiveBytes) : null;
        var functions = new FunctionExchange(_pool.Vm.Functions!, OfferedFunctions.From(options.HostFunctions ?? Program.HostFunctions, _runtime.Post, _host.Logger));
        guest = new Guest(id, _runtime, functions, options, input, read, written);
        return new GuestStart
        {
            Words = words,
            Input = options.InputBytes is { IsEmpty: false } ? options.InputBytes : null,
            InputStream = input,
            Files = provided,
            Output = guest.Pipe,
            Timeout = ProgramPlanner.TimeoutOf(options.Timeout ?? Program.Timeout),
            Limits = ProgramPlanner.LimitsOf(limits),
            Functions = functions,
            IsReset = options.KeepsFirstCall,
            EndsWhenReady = isBoot,
            Began = guest.TellBegan,
        };
    }

    private static List<ProvidedFile> ProvidedOf(
        GuestStartOptions options, Problems problems, out List<(Stream Source, StreamBuffer Buffer)> read, out List<(StreamBuffer Buffer, Stream Target)> written)
    {
        var files = new List<ProvidedFile>();
        (read, written) = ([], []);
        foreach (var (path, content) in options.Files)
        {
            files.Add(new ProvidedFile(Check(path)) { Content = content });
        }

        foreach (var (path, stream) in options.ReadStreams)
        {
            var buffer = new StreamBuffer(LiveBytes);
            read.Add((stream, buffer));
            files.Add(new ProvidedFile(Check(path)) { Stream = buffer });
        }

        foreach (var (path, stream) in options.WrittenStreams)
        {
            var buffer = new StreamBuffer(LiveBytes);
            written.Add((buffer, stream));
            files.Add(new ProvidedFile(Check(path)) { Stream = buffer, IsWritten = true });
        }

        return files;

        string Check(string path)
        {
            if (path is not ['/', _, ..] || path.Contains('\0', StringComparison.Ordinal))
            {
                problems.Add(path.Replace('\0', '?'), "is no path for a file of the guest's: it has to begin with / and have a name");
                return "/";
            }

            return FileMappings.Normalise(path);
        }
    }
}
