using Akka.Actor;
using KvmActors.Actors.Pools;
using KvmActors.Interop.Memory;

namespace KvmActors;

/// <content>Standing still, and the guest's memory meanwhile.</content>
public sealed partial class Guest
{
    private readonly Lock _pauseGate = new();
    private bool _isPaused;
    private int _leases;
    private GuestMemory? _memory;

    /// <summary>Whether it stands still.</summary>
    public bool IsPaused
    {
        get
        {
            lock (_pauseGate)
            {
                return _isPaused;
            }
        }
    }

    /// <summary>
    /// Has it stand still: when this is done, none of its vCPUs executes an instruction, and the host does nothing for it. Its time-out goes on.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the guest then goes on.</param>
    /// <exception cref="GuestEndedException">It has ended.</exception>
    public async Task PauseAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await Task.WhenAny(_began.Task, Completion).WaitAsync(cancellationToken);
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _pool.Tell(new PauseGuest(Id, memory => _runtime.Post(() => TellPaused(memory, paused))), ActorRefs.NoSender);
        try
        {
            await Task.WhenAny(paused.Task, Completion).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            paused.TrySetCanceled(cancellationToken);
            _pool.Tell(new ResumeGuest(Id), ActorRefs.NoSender);
            throw;
        }

        if (!paused.Task.IsCompleted)
        {
            var result = await Completion;
            throw new GuestEndedException(SayEnded(result)) { Result = result };
        }
    }

    /// <summary>Lets it go on; nothing when it does not stand still.</summary>
    /// <exception cref="InvalidOperationException">Somebody still has its memory.</exception>
    public void Resume()
    {
        lock (_pauseGate)
        {
            if (_leases > 0)
            {
                throw new InvalidOperationException($"{Id} cannot go on: somebody still has a {nameof(GuestMemoryLease)} of its memory. Dispose it first.");
            }

            _isPaused = false;
        }

        _pool.Tell(new ResumeGuest(Id), ActorRefs.NoSender);
    }

    /// <summary>Borrows its memory while it stands still: until the lease is disposed, it cannot go on.</summary>
    /// <exception cref="InvalidOperationException">It does not stand still.</exception>
    /// <exception cref="GuestEndedException">It has ended.</exception>
    public GuestMemoryLease BorrowMemory()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        lock (_pauseGate)
        {
            if (!_isPaused)
            {
                throw new InvalidOperationException($"{Id} has to stand still while somebody uses its memory: await {nameof(PauseAsync)} first.");
            }

            // In this order: a guest that has ended since may have left its VM to another one.
            var isLent = _memory!.TryLend();
            if (!isLent || _functions.IsClosed)
            {
                if (isLent)
                {
                    _memory.GiveBack();
                }

                throw new GuestEndedException($"{Id} has ended, and its memory is gone.");
            }

            _leases++;
            return new GuestMemoryLease(this, _memory);
        }
    }

    internal void EndLease()
    {
        lock (_pauseGate)
        {
            _leases--;
        }

        _memory!.GiveBack();
    }

    private void TellPaused(GuestMemory memory, TaskCompletionSource paused)
    {
        lock (_pauseGate)
        {
            if (paused.TrySetResult())
            {
                (_memory, _isPaused) = (memory, true);
            }
        }
    }

    private void EndPause()
    {
        lock (_pauseGate)
        {
            _isPaused = false;
        }
    }
}
