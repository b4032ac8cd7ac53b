namespace KvmActors.Machine.Streams;

/// <summary>How many bytes one VM may still write, to streams and files together. Safe from any of its threads.</summary>
public sealed class WriteBudget(long bytes)
{
    private readonly long _limit = bytes;
    private long _remaining = bytes;

    /// <summary>Whether nothing has been written.</summary>
    public bool IsUntouched => Interlocked.Read(ref _remaining) == _limit;

    /// <summary>Takes bytes out of the budget before they are written.</summary>
    /// <returns>False when there are not so many left; nothing is taken then.</returns>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _remaining, -bytes) >= 0)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    /// <summary>Puts back what was taken and not written.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _remaining, bytes);
}
