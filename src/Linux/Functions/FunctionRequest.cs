namespace KvmActors.Linux.Functions;

/// <summary>What became of a request to a guest.</summary>
public enum FunctionOutcome
{
    /// <summary>Nothing yet.</summary>
    Pending,

    /// <summary>The function answered, or the request was carried out.</summary>
    Answered,

    /// <summary>The function answered with an error, whose message is the answer.</summary>
    Failed,

    /// <summary>The arguments do not fit the guest's buffer, of which <see cref="FunctionRequest.Room"/> tells.</summary>
    TooLong,

    /// <summary>It was taken back, and the guest is as it was when it first waited for calls.</summary>
    Aborted,

    /// <summary>The guest cannot be reset.</summary>
    CannotReset,

    /// <summary>The guest has ended, or ended meanwhile.</summary>
    GuestEnded,
}

/// <summary>
/// Something that the program that embeds a guest wants of it, as soon as it waits for calls. Made by one thread, carried out by a vCPU's,
/// told by <see cref="Completed"/>; it can be used again afterwards.
/// </summary>
public sealed class FunctionRequest
{
    // A large answer is a rare one: its memory is not kept for the next.
    private const int MaxKeptBytes = 256 << 10;

    private int _outcome;
    private volatile bool _isAborted;

    /// <summary>Called once when the outcome is known, as a rule on a vCPU's thread: it is to tell somebody else, and do nothing.</summary>
    public required Action<FunctionRequest> Completed { get; init; }

    /// <summary>The function's number, in the order in which the guest named its functions; -1 for no call.</summary>
    public int Function { get; set; } = -1;

    /// <summary>The arguments.</summary>
    public ReadOnlyMemory<byte> Arguments { get; set; }

    /// <summary>Whether the guest is reset: after the answer, or at once where there is no call.</summary>
    public bool Resets { get; set; }

    /// <summary>What the vCPU's own thread does, with the guest at its disposal, instead of a call; null for nothing.</summary>
    public Action<IVcpuCaller>? Session { get; set; }

    /// <summary>What became of it.</summary>
    public FunctionOutcome Outcome => (FunctionOutcome)Volatile.Read(ref _outcome);

    /// <summary>What the function answered; valid until the request is used again.</summary>
    public ReadOnlyMemory<byte> Answer => AnswerBuffer.AsMemory(0, AnswerBytes);

    /// <summary>How many bytes of arguments the guest's buffer takes, when they did not fit.</summary>
    public int Room { get; internal set; }

    /// <summary>Cancels the host's function that the guest waits for meanwhile; null when it waits for none.</summary>
    internal CancellationTokenSource? HostCall { get; set; }

    /// <summary>Whether it is to be taken back.</summary>
    public bool IsAborted => _isAborted;

    /// <summary>The vCPU that carries it out; -1 for none yet.</summary>
    internal int Vcpu { get; set; } = -1;

    internal byte[] AnswerBuffer { get; private set; } = [];

    internal int AnswerBytes { get; set; }

    /// <summary>Makes it ready to be used again.</summary>
    public void Renew()
    {
        AnswerBuffer = AnswerBuffer.Length > MaxKeptBytes ? [] : AnswerBuffer;
        (Function, Arguments, Resets, Session, Vcpu, AnswerBytes, HostCall) = (-1, default, false, null, -1, 0, null);
        _isAborted = false;
        Volatile.Write(ref _outcome, (int)FunctionOutcome.Pending);
    }

    /// <summary>Room for an answer.</summary>
    internal Span<byte> RoomFor(int bytes)
    {
        if (AnswerBuffer.Length < bytes)
        {
            AnswerBuffer = new byte[bytes];
        }

        AnswerBytes = bytes;
        return AnswerBuffer.AsSpan(0, bytes);
    }

    internal void Abort() => _isAborted = true;

    /// <summary>Says what became of it; only the first time counts.</summary>
    internal void Complete(FunctionOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, (int)outcome, (int)FunctionOutcome.Pending) == (int)FunctionOutcome.Pending)
        {
            Completed(this);
        }
    }
}

/// <summary>Calls a guest's functions from its vCPU's own thread, one after the other.</summary>
public interface IVcpuCaller
{
    /// <summary>Calls a function and waits for its answer. On the vCPU's thread, within the session.</summary>
    /// <param name="request">The call; its <see cref="FunctionRequest.Completed"/> is called on this thread, before this returns.</param>
    void Run(FunctionRequest request);
}
