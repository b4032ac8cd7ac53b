using Akka.Actor;
using KvmActors.Actors.Pools;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vm;
using KvmActors.Library.Hosting;
using KvmActors.Library.Streams;
using KvmActors.Linux.Functions;
using KvmActors.Machine.Streams;

namespace KvmActors;

/// <summary>
/// A program that runs in a virtual machine of its own. Dispose it: that ends it, if it has not ended. Safe from any thread, but for its
/// streams, each of which has one user at a time.
/// </summary>
public sealed partial class Guest : IAsyncDisposable
{
    private readonly GuestRuntime _runtime;
    private readonly FunctionExchange _functions;
    private readonly StreamBuffer? _input;
    private readonly List<(Stream Source, StreamBuffer Buffer)> _read;
    private readonly List<(StreamBuffer Buffer, Stream Target)> _written;
    private readonly Stream? _source;
    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private readonly GuestInputStream? _inputStream;
    private IActorRef _pool = ActorRefs.Nobody;
    private CancellationTokenRegistration _cancellation;
    private volatile bool _isDisposed;

    internal Guest(
        string id, GuestRuntime runtime, FunctionExchange functions, GuestStartOptions options, StreamBuffer? input,
        List<(Stream Source, StreamBuffer Buffer)> read, List<(StreamBuffer Buffer, Stream Target)> written)
    {
        (Id, _runtime, _functions, _input, _read, _written) = (id, runtime, functions, input, read, written);
        _source = options.Input;
        Pipe = new OutputPipe(options.OutputBufferBytes);
        Output = new GuestOutputStream(Pipe.Output, runtime.Post);
        Error = new GuestOutputStream(Pipe.Error, runtime.Post);
        _inputStream = input is null ? null : new GuestInputStream(input, runtime.Post);
        functions.ServingBegan = () => runtime.Post(TellServing);
    }

    /// <summary>What it is called: its program's name, and its number among the guests of its template.</summary>
    public string Id { get; }

    /// <summary>What it writes to its standard output.</summary>
    public GuestOutputStream Output { get; }

    /// <summary>What it writes to its standard error.</summary>
    public GuestOutputStream Error { get; }

    /// <summary>Its standard input.</summary>
    /// <exception cref="InvalidOperationException">It was not started with <see cref="GuestStartOptions.OpensInput"/>.</exception>
    public GuestInputStream Input => _inputStream is not null && _source is null ? _inputStream
        : throw new InvalidOperationException($"{Id} has no input to write to: start it with {nameof(GuestStartOptions)}.{nameof(GuestStartOptions.OpensInput)}.");

    /// <summary>Its end, however it comes: the task never fails.</summary>
    public Task<GuestResult> Completion { get; private set; } = null!;

    internal Task Began => _began.Task;

    internal OutputPipe Pipe { get; }

    /// <summary>Ends it, if it has not ended; <see cref="Completion"/> tells when it has.</summary>
    public void Cancel() => _pool.Tell(new CancelGuest(Id), ActorRefs.NoSender);

    /// <summary>Ends it, if it has not ended, and gives back what it had. Whoever reads its streams finds their end.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        if (!Completion.IsCompleted)
        {
            // Nobody reads any more: it must not wait for a reader.
            Pipe.Output.Abandon();
            Pipe.Error.Abandon();
            EndPause();
            Cancel();
        }

        await Completion;
        await _cancellation.DisposeAsync();
        _ended.Dispose();
    }

    internal void Run(IActorRef pool, GuestStart own, CancellationToken cancellationToken)
    {
        _pool = pool;
        var ended = new TaskCompletionSource<VmEnded>(TaskCreationOptions.RunContinuationsAsynchronously);
        Completion = CompleteAsync(ended.Task);
        pool.Tell(new StartGuest(Id, own, ended), ActorRefs.NoSender);
        _cancellation = cancellationToken.UnsafeRegister(static guest => ((Guest)guest!).Cancel(), this);
        if (_source is not null && _inputStream is not null)
        {
            _ = StreamPump.BringAsync(_source, _inputStream, _ended.Token);
        }

        foreach (var (source, buffer) in _read)
        {
            _ = StreamPump.BringAsync(source, new GuestInputStream(buffer, _runtime.Post), _ended.Token);
        }
    }

    internal void TellBegan() => _began.TrySetResult();

    private void TellServing() => _serving.TrySetResult();

    private async Task<GuestResult> CompleteAsync(Task<VmEnded> ended)
    {
        List<Task> taking = [.. _written.Select(row => StreamPump.TakeAsync(new GuestOutputStream(row.Buffer, _runtime.Post), row.Target))];
        var result = GuestResult.From(await ended);
        _input?.Abandon();
        foreach (var (_, buffer) in _read)
        {
            buffer.Abandon();
        }

        foreach (var (buffer, _) in _written)
        {
            buffer.Complete();
        }

        Pipe.Complete();
        await _ended.CancelAsync();
        await Task.WhenAll(taking);
        _serving.TrySetException(new GuestEndedException(SayEnded(result)) { Result = result });
        _ = _serving.Task.Exception;
        return result;
    }

    private string SayEnded(GuestResult result) =>
        $"{Id} has ended: {result.Outcome}{(result.ExitCode is { } status ? $" with status {status}" : "")}{(result.Message is null ? "" : $", {result.Message}")}";
}
