using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>A message as the test actor got it.</summary>
internal sealed record ReceivedMessage(object Message, IActorRef? Sender);

/// <summary>What the test actor got and the test has not looked at.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose handle nobody asked for holds nothing that needs disposing.")]
internal sealed class ReceivedMessages
{
    private readonly ConcurrentQueue<ReceivedMessage> _queue = new();
    private readonly SemaphoreSlim _count = new(0);

    public void Add(ReceivedMessage message)
    {
        _queue.Enqueue(message);
        _count.Release();
    }

    public ReceivedMessage? Take(TimeSpan timeout, CancellationToken cancellationToken) =>
        Dequeue(_count.Wait(timeout, cancellationToken));

    public async ValueTask<ReceivedMessage?> TakeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        Dequeue(await _count.WaitAsync(timeout, cancellationToken).ConfigureAwait(false));

    private ReceivedMessage? Dequeue(bool available) => available && _queue.TryDequeue(out var message) ? message : null;
}
