using Akka.TestKit.Internal;
using Xunit;

namespace Akka.TestKit;

/// <summary>Taking messages without expecting a particular one.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message, or null if none comes in time.</summary>
    public object? ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Take(max ?? DefaultTimeout, cancellationToken)?.Message;

    /// <summary>The next message, or null if none comes in time.</summary>
    public async ValueTask<object?> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await TakeAsync(max ?? DefaultTimeout, cancellationToken).ConfigureAwait(false))?.Message;

    /// <summary>The next <paramref name="numberOfMessages"/> messages.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        ReceiveN(numberOfMessages, DefaultTimeout, cancellationToken);

    /// <summary>The next <paramref name="numberOfMessages"/> messages, all within <paramref name="max"/>.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default)
    {
        var messages = new List<object>(numberOfMessages);
        var deadline = Deadline.In(max);
        while (messages.Count < numberOfMessages)
        {
            var next = Take(deadline.Remaining, cancellationToken);
            if (next is null)
            {
                Assert.Fail($"Expected {numberOfMessages} messages within {max}, got {messages.Count}.");
            }

            messages.Add(next.Message);
        }

        return messages;
    }

    /// <summary>The first <typeparamref name="T"/> that <paramref name="isMessage"/> accepts; what comes before it is dropped.</summary>
    public T FishForMessage<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(isMessage);
        var deadline = Deadline.In(max ?? DefaultTimeout);
        while (true)
        {
            var next = Take(deadline.Remaining, cancellationToken);
            if (Caught(next, isMessage, hint, out var message))
            {
                return message!;
            }
        }
    }

    /// <summary>The first <typeparamref name="T"/> that <paramref name="isMessage"/> accepts; what comes before it is dropped.</summary>
    public async ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(isMessage);
        var deadline = Deadline.In(max ?? DefaultTimeout);
        while (true)
        {
            var next = await TakeAsync(deadline.Remaining, cancellationToken).ConfigureAwait(false);
            if (Caught(next, isMessage, hint, out var message))
            {
                return message!;
            }
        }
    }

    private static bool Caught<T>(ReceivedMessage? received, Predicate<T> isMessage, string hint, out T? message)
    {
        if (received is null)
        {
            Assert.Fail($"No {typeof(T)} that the predicate accepts came in time. {hint}");
        }

        message = received.Message is T typed ? typed : default;
        return received.Message is T && isMessage(message!);
    }

    private ReceivedMessage? Take(TimeSpan timeout, CancellationToken cancellationToken) =>
        Looked(_received.Take(timeout, cancellationToken));

    private async ValueTask<ReceivedMessage?> TakeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        Looked(await _received.TakeAsync(timeout, cancellationToken).ConfigureAwait(false));

    private ReceivedMessage? Looked(ReceivedMessage? received)
    {
        _last = received ?? _last;
        return received;
    }
}
