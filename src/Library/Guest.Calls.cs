using KvmActors.Library.Functions;
using KvmActors.Linux.Functions;

namespace KvmActors;

/// <content>Calls of its functions.</content>
public sealed partial class Guest : IGuestCaller
{
    private const int MaxSpareCalls = 16;

    private readonly Stack<PendingCall> _spareCalls = new();
    private GuestExports? _exports;

    /// <summary>Whether it can be reset to where it first waited for calls; false as long as it has not come so far.</summary>
    public bool CanReset => _functions.CanReset;

    /// <summary>Waits until it waits for calls.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The names of its functions.</returns>
    /// <exception cref="GuestEndedException">It has ended instead.</exception>
    public async Task<IReadOnlyCollection<string>> GetFunctionsAsync(CancellationToken cancellationToken = default) =>
        (await GetExportsAsync(cancellationToken)).Names;

    /// <summary>Calls a function without arguments.</summary>
    /// <inheritdoc cref="IGuestCaller.CallAsync{TResult}(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask<TResult> CallAsync<TResult>(string name, CancellationToken cancellationToken = default) =>
        CallAsync<TResult>(name, [], cancellationToken);

    /// <summary>Calls a function with one argument.</summary>
    /// <inheritdoc cref="IGuestCaller.CallAsync{TResult}(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask<TResult> CallAsync<TResult>(string name, GuestValue argument, CancellationToken cancellationToken = default) =>
        CallAsync<TResult>(name, [argument], cancellationToken);

    /// <summary>Calls a function with two arguments.</summary>
    /// <inheritdoc cref="IGuestCaller.CallAsync{TResult}(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask<TResult> CallAsync<TResult>(string name, GuestValue first, GuestValue second, CancellationToken cancellationToken = default) =>
        CallAsync<TResult>(name, [first, second], cancellationToken);

    /// <summary>Calls a function with three arguments.</summary>
    /// <inheritdoc cref="IGuestCaller.CallAsync{TResult}(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask<TResult> CallAsync<TResult>(string name, GuestValue first, GuestValue second, GuestValue third, CancellationToken cancellationToken = default) =>
        CallAsync<TResult>(name, [first, second, third], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TResult> CallAsync<TResult>(string name, ReadOnlySpan<GuestValue> arguments, CancellationToken cancellationToken = default) =>
        SendAsync<TResult>(name, Prepare(arguments), arguments, resets: false, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CallAsync(string name, ReadOnlySpan<GuestValue> arguments, CancellationToken cancellationToken = default) =>
        WithoutAnswer(SendAsync<FunctionSignature.NoAnswer>(name, Prepare(arguments), arguments, resets: false, cancellationToken));

    /// <summary>
    /// Calls a function, and resets the guest to where it first waited for calls as soon as it has answered: the next call finds nothing of this one.
    /// </summary>
    /// <inheritdoc cref="IGuestCaller.CallAsync{TResult}(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask<TResult> CallOnceAsync<TResult>(string name, ReadOnlySpan<GuestValue> arguments, CancellationToken cancellationToken = default) =>
        SendAsync<TResult>(name, Prepare(arguments), arguments, resets: true, cancellationToken);

    /// <summary>The same of a function that answers nothing.</summary>
    /// <inheritdoc cref="IGuestCaller.CallAsync(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask CallOnceAsync(string name, ReadOnlySpan<GuestValue> arguments, CancellationToken cancellationToken = default) =>
        WithoutAnswer(SendAsync<FunctionSignature.NoAnswer>(name, Prepare(arguments), arguments, resets: true, cancellationToken));

    /// <summary>The same with one argument.</summary>
    /// <inheritdoc cref="CallOnceAsync{TResult}(string, ReadOnlySpan{GuestValue}, CancellationToken)"/>
    public ValueTask<TResult> CallOnceAsync<TResult>(string name, GuestValue argument, CancellationToken cancellationToken = default) =>
        CallOnceAsync<TResult>(name, [argument], cancellationToken);

    /// <summary>
    /// Resets it to where it first waited for calls: its memory, its registers, and what it has open. What it wrote to streams and to mapped
    /// folders stays written.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for a call before.</param>
    /// <exception cref="InvalidOperationException">It cannot be reset.</exception>
    /// <exception cref="GuestEndedException">It has ended.</exception>
    public async ValueTask ResetAsync(CancellationToken cancellationToken = default)
    {
        await GetExportsAsync(cancellationToken);
        var call = Rent();
        call.Request.Resets = true;
        await RunAsync(call, cancellationToken);
        if (call.Request.Outcome == FunctionOutcome.CannotReset)
        {
            throw CannotReset();
        }

        Return(call);
    }

    /// <summary>
    /// Runs code on its vCPU's own thread, which calls the guest's functions there with no other thread in between. That thread is confined to
    /// what the guest may have: the code opens nothing, starts no task and waits for nothing.
    /// </summary>
    /// <typeparam name="TState">What the code is given.</typeparam>
    /// <param name="code">The code.</param>
    /// <param name="state">What it is given.</param>
    /// <param name="cancellationToken">Ends the waiting for a call before.</param>
    /// <exception cref="GuestEndedException">It has ended, or ended meanwhile.</exception>
    public async ValueTask InvokeAsync<TState>(Action<GuestSession, TState> code, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        var exports = await GetExportsAsync(cancellationToken);
        var call = Rent();
        Exception? thrown = null;
        call.Request.Session = caller =>
        {
            try
            {
                code(new GuestSession(Id, caller, exports), state);
            }
            catch (Exception e)
            {
                thrown = e;
            }
        };
        await RunAsync(call, cancellationToken);
        Return(call);
        if (thrown is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        }
    }

    private static async ValueTask WithoutAnswer(ValueTask<FunctionSignature.NoAnswer> answer) => await answer;

    private PendingCall Prepare(ReadOnlySpan<GuestValue> arguments)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var call = Rent();
        foreach (ref readonly var argument in arguments)
        {
            argument.WriteTo(call.Arguments);
        }

        call.Request.Arguments = call.Arguments.Written;
        return call;
    }

    private ValueTask<TResult> SendAsync<TResult>(string function, PendingCall call, ReadOnlySpan<GuestValue> arguments, bool resets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(function);
        call.Request.Resets = resets;
        if (_exports is { } known)
        {
            call.Request.Function = known.Find<TResult>(function, arguments);
            return AnswerAsync<TResult>(function, call, cancellationToken);
        }

        return SendLaterAsync<TResult>(function, call, arguments.ToArray(), cancellationToken);
    }

    private async ValueTask<TResult> SendLaterAsync<TResult>(string function, PendingCall call, GuestValue[] arguments, CancellationToken cancellationToken)
    {
        var exports = await GetExportsAsync(cancellationToken);
        call.Request.Function = exports.Find<TResult>(function, arguments);
        return await AnswerAsync<TResult>(function, call, cancellationToken);
    }

    private async ValueTask<TResult> AnswerAsync<TResult>(string function, PendingCall call, CancellationToken cancellationToken)
    {
        if (call.Request.Resets && !_functions.CanReset)
        {
            throw CannotReset();
        }

        await RunAsync(call, cancellationToken);
        var result = Read<TResult>(Id, function, call.Request);
        Return(call);
        return result;
    }

    internal static TResult Read<TResult>(string guest, string function, FunctionRequest request)
    {
        switch (request.Outcome)
        {
            case FunctionOutcome.Answered:
                try
                {
                    return FunctionAnswer.Read<TResult>(request.Answer.Span);
                }
                catch (FunctionDataException e)
                {
                    throw new GuestFunctionException($"{guest}: the function {function} did not answer what its signature says: {e.Message}", e) { Function = function };
                }

            case FunctionOutcome.TooLong:
                throw new GuestFunctionException($"{guest}: the arguments of {function} take {request.Arguments.Length} bytes, and the guest's buffer holds {request.Room}: define KVMACTORS_BUFFER_BYTES larger in the guest") { Function = function };
            case FunctionOutcome.GuestEnded:
                throw new GuestEndedException($"{guest} ended before {function} had answered");
            default:
                throw new GuestFunctionException(System.Text.Encoding.UTF8.GetString(request.Answer.Span)) { Function = function };
        }
    }

    private async ValueTask RunAsync(PendingCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _functions.Send(call.Request);
        await using (cancellationToken.UnsafeRegister(static state => ((Call)state!).Abort(), cancellationToken.CanBeCanceled ? new Call(this, call) : null))
        {
            await call.Answered;
        }

        if (call.Request.Outcome == FunctionOutcome.Aborted || (call.Request.Outcome == FunctionOutcome.GuestEnded && cancellationToken.IsCancellationRequested))
        {
            throw new OperationCanceledException(cancellationToken);
        }

        if (call.Request.Outcome == FunctionOutcome.GuestEnded)
        {
            var result = await Completion;
            throw new GuestEndedException(SayEnded(result)) { Result = result };
        }
    }

    private async ValueTask<GuestExports> GetExportsAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await _serving.Task.WaitAsync(cancellationToken);
        return _exports ??= new GuestExports(Id, _functions.Exports);
    }

    private InvalidOperationException CannotReset() => new(
        $"{Id} cannot be reset between calls: a guest can be that has one thread and nothing open where it first waits for calls, in a VM that starts warm, and either nothing of its own or {nameof(GuestStartOptions)}.{nameof(GuestStartOptions.KeepsFirstCall)}");

    private PendingCall Rent()
    {
        lock (_spareCalls)
        {
            if (_spareCalls.TryPop(out var call))
            {
                return call;
            }
        }

        return new PendingCall(_runtime.Post);
    }

    private void Return(PendingCall call)
    {
        call.Renew();
        lock (_spareCalls)
        {
            if (_spareCalls.Count < MaxSpareCalls)
            {
                _spareCalls.Push(call);
            }
        }
    }

    private sealed record Call(Guest Guest, PendingCall Pending)
    {
        // A guest that cannot be reset has no state to go on from in the middle of a call.
        public void Abort()
        {
            if (!Guest._functions.TryAbort(Pending.Request))
            {
                Guest.Cancel();
            }
        }
    }
}
