using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Functions;

/// <summary>
/// What one guest and the program that embeds it want of one another: the guest's functions, and requests on their way to a vCPU that waits
/// for them. Safe from any thread.
/// </summary>
/// <param name="kept">What is the same for all guests that begin where a program first waited for calls.</param>
/// <param name="offered">What the guest may call.</param>
public sealed class FunctionExchange(KeptFunctions kept, IOfferedFunctions offered)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<FunctionRequest> _waiting = new();
    private readonly HashSet<FunctionRequest> _running = [];
    private readonly HashSet<int> _idle = [];
    private readonly List<CancellationTokenSource> _hostCalls = [];
    private VcpuPool? _vcpus;
    private bool _isClosed;

    /// <summary>Called once when the guest waits for calls for the first time; on a vCPU's thread.</summary>
    public Action? ServingBegan { get; set; }

    /// <summary>What the guest may call.</summary>
    public IOfferedFunctions Offered { get; } = offered;

    /// <summary>The guest's functions; empty before it has named them.</summary>
    public IReadOnlyList<FunctionName> Exports { get; private set; } = [];

    /// <summary>Whether the guest waits for calls, or has done so.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Whether the guest can be reset to where it first waited for calls.</summary>
    public bool CanReset { get; internal set; }

    /// <summary>Whether the guest has ended, or is about to.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    internal KeptFunctions Kept { get; } = kept;

    /// <summary>A vCPU of the guest is about to begin.</summary>
    /// <param name="vcpus">All of them.</param>
    /// <param name="isServing">Whether it begins where a program first waited for calls.</param>
    public void Begin(VcpuPool vcpus, bool isServing)
    {
        lock (_gate)
        {
            _vcpus = vcpus;
            Exports = isServing ? Kept.Exports : Exports;
        }
    }

    /// <summary>Sends a request to the guest, which answers when it waits for calls.</summary>
    public void Send(FunctionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        int? idle = null;
        bool isSent;
        lock (_gate)
        {
            isSent = !_isClosed;
            if (isSent)
            {
                _waiting.AddLast(request);
                foreach (var vcpu in _idle)
                {
                    idle = vcpu;
                    break;
                }

                if (idle is { } found)
                {
                    _idle.Remove(found);
                }
            }
        }

        // From here on it may have been answered, and be another one.
        if (!isSent)
        {
            request.Complete(FunctionOutcome.GuestEnded);
        }
        else if (idle is { } vcpu)
        {
            _vcpus!.Wake(vcpu);
        }
    }

    /// <summary>
    /// Takes a request back: one that waits is let go; one that is carried out is interrupted, and the guest reset, when it can be.
    /// </summary>
    /// <returns>False when it is being carried out and the guest cannot be reset: nothing but its end would end it.</returns>
    public bool TryAbort(FunctionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IVcpu? vcpu = null;
        lock (_gate)
        {
            if (!_waiting.Remove(request))
            {
                if (!_running.Contains(request))
                {
                    return true;
                }

                if (!CanReset)
                {
                    return false;
                }

                // As long as it is running here, what it waits for is its own. Whoever is told of that is told on the thread pool.
                request.Abort();
                Interlocked.MemoryBarrier();
                _ = request.HostCall?.CancelAsync();
                vcpu = _vcpus?.Find(request.Vcpu);
            }
        }

        if (vcpu is null)
        {
            request.Complete(FunctionOutcome.Aborted);
        }
        else
        {
            // Wherever it is: in the guest, in a system call that waits, or in a host's function.
            vcpu.Notify();
        }

        return true;
    }

    /// <summary>The guest has ended: nothing is going to be answered.</summary>
    public void Close()
    {
        List<FunctionRequest> left;
        lock (_gate)
        {
            _isClosed = true;
            left = [.. _waiting, .. _running];
            foreach (var call in _hostCalls)
            {
                _ = call.CancelAsync();
            }

            _hostCalls.Clear();
            _waiting.Clear();
            _running.Clear();
        }

        left.ForEach(request => request.Complete(FunctionOutcome.GuestEnded));
    }

    /// <summary>The guest has named its functions.</summary>
    internal void Export(IReadOnlyList<FunctionName> functions) => Exports = functions;

    /// <summary>A vCPU waits for calls.</summary>
    internal void Serve()
    {
        if (!IsServing)
        {
            IsServing = true;
            ServingBegan?.Invoke();
        }
    }

    /// <summary>Takes the request that has waited longest; when there is none, the vCPU is woken for the next one.</summary>
    internal FunctionRequest? Take(int vcpu)
    {
        lock (_gate)
        {
            if (_waiting.First is not { } first)
            {
                _idle.Add(vcpu);
                return null;
            }

            _waiting.RemoveFirst();
            _idle.Remove(vcpu);
            _running.Add(first.Value);
            first.Value.Vcpu = vcpu;
            return first.Value;
        }
    }

    /// <summary>Cancels calls of the host's functions when the guest has ended, or when who waits for one takes that back.</summary>
    internal CancellationTokenSource CreateCancellation()
    {
        var source = new CancellationTokenSource();
        lock (_gate)
        {
            _hostCalls.RemoveAll(call => call.IsCancellationRequested);
            _hostCalls.Add(source);
        }

        return source;
    }

    /// <summary>A vCPU waits no more, without a request.</summary>
    internal void Leave(int vcpu)
    {
        lock (_gate)
        {
            _idle.Remove(vcpu);
        }
    }

    /// <summary>A request has been carried out.</summary>
    internal void Finish(FunctionRequest request, FunctionOutcome outcome)
    {
        lock (_gate)
        {
            _running.Remove(request);
        }

        request.Complete(outcome);
    }
}
