namespace KvmActors.Machine.Processor;

/// <summary>
/// Whether a vCPU is executing its guest, so that another one can have it forget translations of addresses before it executes any
/// further.
/// </summary>
/// <param name="kick">Has the vCPU leave its guest soon.</param>
public sealed class VcpuEntry(Action kick)
{
    private const int Outside = 0, Inside = 1;

    private int _state;
    private int _isFlushWanted;

    /// <summary>The vCPU is about to execute.</summary>
    /// <returns>Whether it has to forget first.</returns>
    public bool Enter()
    {
        // A full barrier: who does not see it inside will have been seen by it.
        Interlocked.Exchange(ref _state, Inside);
        return Volatile.Read(ref _isFlushWanted) != 0 && Interlocked.Exchange(ref _isFlushWanted, 0) != 0;
    }

    /// <summary>Another guest begins, whose translations are its own. Call while it does not execute.</summary>
    public void Renew() => Volatile.Write(ref _isFlushWanted, 0);

    /// <summary>It has stopped.</summary>
    public void Leave() => Volatile.Write(ref _state, Outside);

    /// <summary>Has it forget before it executes again; <see cref="AwaitFlush"/> waits until that is sure.</summary>
    public void RequestFlush()
    {
        Interlocked.Exchange(ref _isFlushWanted, 1);
        if (Volatile.Read(ref _state) == Inside)
        {
            kick();
        }
    }

    /// <summary>Waits until it has forgotten, or will before it executes again. The calling vCPU's thread alone may block.</summary>
    public void AwaitFlush()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _state) == Inside && Volatile.Read(ref _isFlushWanted) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
