using Akka.Actor;
using KvmActors.Actors.Recording;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// The one-at-a-time rule of a VM's file operations. A vCPU that finds nobody inside does its operation itself; otherwise it
/// asks the <see cref="HypercallActor"/>, which serves in order of arrival. Never blocks.
/// </summary>
internal sealed class FileQueue(FileService service)
{
    private int _busy;
    private int _waiting;
    private volatile bool _closed;

    /// <summary>The actor that serves whoever has to wait.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>Where the actor notes what it served; null when nobody wants to know.</summary>
    public OperationLog? Log { get; set; }

    /// <summary>What to use while inside.</summary>
    public FileService Service { get; private set; } = service;

    /// <summary>Tries to get in ahead of nobody: fails when someone is inside or waiting.</summary>
    public bool TryEnter() => Volatile.Read(ref _waiting) == 0 && TryTake();

    /// <summary>Tries to get in for someone who waits.</summary>
    public bool TryEnterForWaiter() => TryTake();

    /// <summary>Says, before the message is sent, that a request is on its way to the actor.</summary>
    public void AddWaiter() => Interlocked.Increment(ref _waiting);

    /// <summary>Says that a request has been served.</summary>
    public void RemoveWaiter() => Interlocked.Decrement(ref _waiting);

    /// <summary>Leaves. Who waits counted itself before it found us inside, so a waiter is never missed.</summary>
    public void Leave()
    {
        Interlocked.Exchange(ref _busy, 0);
        if (_closed)
        {
            DisposeOnce();
        }
        else if (Volatile.Read(ref _waiting) > 0)
        {
            Actor.Tell(FileQueueFreed.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>
    /// Closes the guest's files and lets nobody in before <see cref="Reopen"/>: the next guest must not meet a call of this one.
    /// </summary>
    /// <returns>False when somebody is inside or waiting.</returns>
    public bool TryRetire()
    {
        if (!TryEnter())
        {
            return false;
        }

        Service.Dispose();
        return true;
    }

    /// <summary>Serves the next guest; after <see cref="TryRetire"/>.</summary>
    public void Reopen(FileService service)
    {
        Service = service;
        Leave();
    }

    /// <summary>Lets nobody in any more and closes the guest's files, now or when who is inside leaves.</summary>
    public void Close()
    {
        _closed = true;
        DisposeOnce();
    }

    private bool TryTake() => !_closed && Interlocked.CompareExchange(ref _busy, 1, 0) == 0;

    // Taken and never given back, so nobody gets in afterwards.
    private void DisposeOnce()
    {
        if (Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
        {
            Service.Dispose();
        }
    }
}
