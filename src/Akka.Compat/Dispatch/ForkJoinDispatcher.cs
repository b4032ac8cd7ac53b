using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>
/// So many background threads for all its actors, made with it by the thread that makes it, and never one more: unlike the thread
/// pool, which grows on the thread of whoever has work for it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose handle nobody asked for holds nothing that needs disposing.")]
internal sealed class ForkJoinDispatcher : MessageDispatcher
{
    private readonly ConcurrentQueue<Mailbox> _turns = new();
    private readonly SemaphoreSlim _ready = new(0);
    private readonly ForkJoinSettings _settings;
    private volatile bool _stopped;

    public ForkJoinDispatcher(string id, ForkJoinSettings settings)
    {
        _settings = settings;
        for (int number = 1; number <= settings.Threads; number++)
        {
            new Thread(RunTurns) { IsBackground = true, Name = $"{id}_{number}" }.UnsafeStart();
        }
    }

    public override int Throughput => _settings.Throughput;

    public override void Schedule(Mailbox mailbox)
    {
        _turns.Enqueue(mailbox);
        _ready.Release();
    }

    /// <summary>Ends its threads.</summary>
    public void Stop()
    {
        _stopped = true;
        _ready.Release(_settings.Threads);
    }

    private void RunTurns()
    {
        while (true)
        {
            _ready.Wait();
            if (_turns.TryDequeue(out var mailbox))
            {
                mailbox.Run();
            }
            else if (_stopped)
            {
                return;
            }
        }
    }
}
