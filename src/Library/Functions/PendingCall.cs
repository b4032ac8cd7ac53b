using System.Threading.Tasks.Sources;
using KvmActors.Linux.Functions;

namespace KvmActors.Library.Functions;

/// <summary>One call on its way to a guest and back; used again when it has been answered. Its caller goes on on the thread pool.</summary>
internal sealed class PendingCall : IValueTaskSource
{
    private readonly Action<Action> _post;
    private readonly Action _complete;
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    public PendingCall(Action<Action> post)
    {
        _post = post;
        _complete = () => _core.SetResult(true);
        Request = new FunctionRequest { Completed = _ => _post(_complete) };
    }

    /// <summary>What the guest is asked.</summary>
    public FunctionRequest Request { get; }

    /// <summary>Where its arguments are written.</summary>
    public FunctionWriter Arguments { get; } = new();

    /// <summary>Its answer.</summary>
    public ValueTask Answered => new(this, _core.Version);

    /// <summary>Makes it ready for another call.</summary>
    public void Renew()
    {
        _core.Reset();
        Request.Renew();
        Arguments.Clear();
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
