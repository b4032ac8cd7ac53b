using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>
/// An actor's queue and its turn: at most one thread runs it at a time, runtime messages go before ordinary ones, and
/// nothing on the sending side takes a lock.
/// </summary>
internal sealed class Mailbox : IThreadPoolWorkItem
{
    // _status: two flags, and above them how often the mailbox was suspended without being resumed.
    private const int ClosedFlag = 1;
    private const int ScheduledFlag = 2;
    private const int SuspendUnit = 4;

    private static readonly SystemMessage Sealed = new Terminate();

    private readonly ActorCell _cell;
    private readonly MessageDispatcher _dispatcher;
    private readonly ConcurrentQueue<Envelope> _queue = new();
    private SystemMessage? _system;
    private int _status;

    public Mailbox(ActorCell cell, MessageDispatcher dispatcher)
    {
        _cell = cell;
        _dispatcher = dispatcher;
    }

    public bool IsClosed => (Volatile.Read(ref _status) & ClosedFlag) != 0;

    public bool IsSuspended => Volatile.Read(ref _status) >= SuspendUnit;

    public int SuspendCount => Volatile.Read(ref _status) / SuspendUnit;

    private bool HasSystem
    {
        get
        {
            var head = Volatile.Read(ref _system);
            return head is not null && !ReferenceEquals(head, Sealed);
        }
    }

    public void Post(in Envelope envelope)
    {
        _queue.Enqueue(envelope);
        // The message must be visible before the status is read: a runner that goes idle clears its flag first and
        // looks at the queue second, so one of the two sees the other.
        Interlocked.MemoryBarrier();
        if (IsClosed)
        {
            DrainToDeadLetters();
        }
        else
        {
            Schedule(evenIfSuspended: false);
        }
    }

    public void PostSystem(SystemMessage message)
    {
        var head = Volatile.Read(ref _system);
        while (!ReferenceEquals(head, Sealed))
        {
            message.Next = head;
            var seen = Interlocked.CompareExchange(ref _system, message, head);
            if (ReferenceEquals(seen, head))
            {
                Schedule(evenIfSuspended: true);
                return;
            }

            head = seen;
        }

        message.Undeliverable();
    }

    public void Suspend() => Interlocked.Add(ref _status, SuspendUnit);

    /// <summary>Undoes one <see cref="Suspend"/>; one too many is harmless.</summary>
    public void Resume()
    {
        int status = Volatile.Read(ref _status);
        while (status >= SuspendUnit)
        {
            int seen = Interlocked.CompareExchange(ref _status, status - SuspendUnit, status);
            if (seen == status)
            {
                return;
            }

            status = seen;
        }
    }

    /// <summary>The actor is gone: what is queued, and whatever still comes, becomes dead letters.</summary>
    public void Close()
    {
        Interlocked.Or(ref _status, ClosedFlag);
        var left = Interlocked.Exchange(ref _system, Sealed);
        while (left is not null && !ReferenceEquals(left, Sealed))
        {
            // The sender of an undeliverable message may be answered, and link that answer elsewhere: read on first.
            var next = left.Next;
            left.Undeliverable();
            left = next;
        }

        DrainToDeadLetters();
    }

    public void Execute() => Run();

    /// <summary>One turn: everything the runtime has to say, and a batch of ordinary messages.</summary>
    public void Run()
    {
        var outer = ActorCell.Current;
        ActorCell.Current = _cell;
        try
        {
            ProcessSystem();
            int left = _dispatcher.Throughput;
            while (left-- > 0 && Volatile.Read(ref _status) == ScheduledFlag && _queue.TryDequeue(out var envelope))
            {
                _cell.Invoke(envelope);
                ProcessSystem();
            }
        }
        finally
        {
            ActorCell.Current = outer;
            Interlocked.And(ref _status, ~ScheduledFlag);
            if (HasSystem)
            {
                Schedule(evenIfSuspended: true);
            }
            else if (!_queue.IsEmpty)
            {
                Schedule(evenIfSuspended: false);
            }
        }
    }

    private void Schedule(bool evenIfSuspended)
    {
        int status = Volatile.Read(ref _status);
        while ((status & (ClosedFlag | ScheduledFlag)) == 0 && (evenIfSuspended || status < SuspendUnit))
        {
            int seen = Interlocked.CompareExchange(ref _status, status | ScheduledFlag, status);
            if (seen == status)
            {
                _dispatcher.Schedule(this);
                return;
            }

            status = seen;
        }
    }

    private void ProcessSystem()
    {
        while (HasSystem)
        {
            var next = TakeSystemInOrder();
            while (next is not null)
            {
                var message = next;
                next = message.Next;
                message.Next = null;
                if (IsClosed)
                {
                    message.Undeliverable();
                }
                else
                {
                    _cell.InvokeSystem(message);
                }
            }
        }
    }

    private SystemMessage? TakeSystemInOrder()
    {
        var newest = Interlocked.Exchange(ref _system, null);
        SystemMessage? oldest = null;
        while (newest is not null)
        {
            var next = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = next;
        }

        return oldest;
    }

    private void DrainToDeadLetters()
    {
        while (_queue.TryDequeue(out var envelope))
        {
            _cell.SystemImpl.PublishDeadLetter(envelope, _cell.Self);
        }
    }
}
