namespace KvmActors.Linux.Functions;

/// <summary>One call of a host's function by a guest: the arguments, already copied, and the answer. One at a time for each vCPU.</summary>
public sealed class HostFunctionCall
{
    private Action? _wake;
    private byte[] _arguments = [];
    private volatile bool _isDone;

    /// <summary>The arguments; valid until the call is completed.</summary>
    public ReadOnlyMemory<byte> Arguments => _arguments.AsMemory(0, ArgumentBytes);

    /// <summary>The answer, or the message of an error in UTF-8.</summary>
    public ReadOnlyMemory<byte> Answer { get; private set; }

    /// <summary>Whether the answer is the message of an error.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Cancelled when the guest does not wait for the answer any more.</summary>
    public CancellationToken Cancelled { get; private set; }

    /// <summary>Whether there is an answer.</summary>
    public bool IsDone => _isDone;

    internal int ArgumentBytes { get; private set; }

    /// <summary>Gives the answer. From any thread; once.</summary>
    /// <param name="answer">The answer, not to be changed until the next call; or the message of an error in UTF-8.</param>
    /// <param name="hasFailed">Whether it is that.</param>
    public void Complete(ReadOnlyMemory<byte> answer, bool hasFailed = false)
    {
        (Answer, HasFailed) = (answer, hasFailed);
        var wake = _wake;
        _isDone = true;
        wake?.Invoke();
    }

    /// <summary>What whoever serves the vCPU's calls keeps from one to the next; null at first.</summary>
    public object? State { get; set; }

    /// <summary>Begins a call.</summary>
    /// <param name="bytes">How long its arguments are.</param>
    /// <param name="wake">Wakes the vCPU that waits.</param>
    /// <param name="cancelled">Cancelled when nobody waits any more.</param>
    /// <returns>Where the arguments go.</returns>
    internal Span<byte> Begin(int bytes, Action wake, CancellationToken cancelled)
    {
        if (_arguments.Length < bytes)
        {
            _arguments = new byte[bytes];
        }

        (ArgumentBytes, Cancelled, _wake, Answer, HasFailed, _isDone) = (bytes, cancelled, wake, default, false, false);
        return _arguments.AsSpan(0, bytes);
    }
}
