using KvmActors.Machine.Processor;

namespace KvmActors.Host.Output;

/// <summary>
/// One at a time on a stream, whoever it is that has it: who waits for a turn while another guest's write waits for a reader is
/// let go when their own VM is told to stop.
/// </summary>
internal sealed class StreamTurn : IDisposable
{
    // What a guest wrote last is still to be seen when nobody is stuck.
    private static readonly TimeSpan AfterStop = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Takes the turn.</summary>
    /// <param name="stop">What ends the wait for it; null for nothing.</param>
    /// <returns>False when it was stopped, and somebody else keeps the turn.</returns>
    public bool TryEnter(VmStopSignal? stop)
    {
        if (_gate.Wait(0))
        {
            return true;
        }

        try
        {
            _gate.Wait(stop?.Token ?? CancellationToken.None);
            return true;
        }
        catch (OperationCanceledException)
        {
            return _gate.Wait(AfterStop);
        }
    }

    /// <summary>Takes the turn, unless somebody else keeps it for so long.</summary>
    public bool TryEnter(TimeSpan longest) => _gate.Wait(longest);

    /// <summary>Gives it back.</summary>
    public void Leave() => _gate.Release();

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();
}
