using Akka.Actor;
using Akka.TestKit.Internal;
using Xunit;

namespace Akka.TestKit;

/// <summary>Expecting the next message, or none.</summary>
public abstract partial class TestKitBase
{
    /// <summary>Expects the next message to be a <typeparamref name="T"/>.</summary>
    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Check<T>(Take(duration ?? DefaultTimeout, cancellationToken), hint);

    /// <summary>Expects the next message to be a <typeparamref name="T"/>.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(
        TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Check<T>(await TakeAsync(duration ?? DefaultTimeout, cancellationToken).ConfigureAwait(false), hint);

    /// <summary>Expects the next message to equal <paramref name="message"/>.</summary>
    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckEqual(Take(timeout ?? DefaultTimeout, cancellationToken), message, hint);

    /// <summary>Expects the next message to equal <paramref name="message"/>.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(
        T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckEqual(await TakeAsync(timeout ?? DefaultTimeout, cancellationToken).ConfigureAwait(false), message, hint);

    /// <summary>Expects the next message to be a <typeparamref name="T"/> that <paramref name="isMessage"/> accepts.</summary>
    public T ExpectMsg<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckAccepted(Take(timeout ?? DefaultTimeout, cancellationToken), isMessage, hint);

    /// <summary>Expects the next message to be a <typeparamref name="T"/> that <paramref name="isMessage"/> accepts.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckAccepted(await TakeAsync(timeout ?? DefaultTimeout, cancellationToken).ConfigureAwait(false), isMessage, hint);

    /// <summary>Expects the next message to be a <typeparamref name="T"/> that passes <paramref name="assert"/>.</summary>
    public T ExpectMsg<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckAsserted(Take(timeout ?? DefaultTimeout, cancellationToken), assert, hint);

    /// <summary>Expects the next message to be a <typeparamref name="T"/> that passes <paramref name="assert"/>.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckAsserted(await TakeAsync(timeout ?? DefaultTimeout, cancellationToken).ConfigureAwait(false), assert, hint);

    /// <summary>Expects the next message to say that <paramref name="target"/> has stopped.</summary>
    public Terminated ExpectTerminated(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckTerminated(Take(timeout ?? DefaultTimeout, cancellationToken), target, hint);

    /// <summary>Expects the next message to say that <paramref name="target"/> has stopped.</summary>
    public async ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        CheckTerminated(await TakeAsync(timeout ?? DefaultTimeout, cancellationToken).ConfigureAwait(false), target, hint);

    /// <summary>Expects no message for 3 seconds.</summary>
    public void ExpectNoMsg(CancellationToken cancellationToken = default) => ExpectNoMsg(DefaultTimeout, cancellationToken);

    /// <summary>Expects no message for 3 seconds.</summary>
    public ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default) =>
        ExpectNoMsgAsync(DefaultTimeout, cancellationToken);

    /// <summary>Expects no message for <paramref name="duration"/>.</summary>
    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        CheckNone(Take(duration, cancellationToken), duration);

    /// <summary>Expects no message for <paramref name="duration"/>.</summary>
    public async ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        CheckNone(await TakeAsync(duration, cancellationToken).ConfigureAwait(false), duration);

    private static T Check<T>(ReceivedMessage? received, string? hint)
    {
        if (received is null)
        {
            Assert.Fail($"Expected a message of type {typeof(T)}, none came in time. {hint}");
        }

        if (received.Message is not T message)
        {
            Assert.Fail($"Expected a message of type {typeof(T)}, got {received.Message.GetType()} from {received.Sender}: {received.Message}. {hint}");
            return default!;
        }

        return message;
    }

    private static T CheckEqual<T>(ReceivedMessage? received, T expected, string? hint)
    {
        var message = Check<T>(received, hint ?? $"It should have been {expected}.");
        Assert.Equal(expected, message);
        return message;
    }

    private static T CheckAccepted<T>(ReceivedMessage? received, Predicate<T> isMessage, string? hint)
    {
        ArgumentNullException.ThrowIfNull(isMessage);
        var message = Check<T>(received, hint);
        Assert.True(isMessage(message), $"The predicate does not accept {message}. {hint}");
        return message;
    }

    private static T CheckAsserted<T>(ReceivedMessage? received, Action<T> assert, string? hint)
    {
        ArgumentNullException.ThrowIfNull(assert);
        var message = Check<T>(received, hint);
        assert(message);
        return message;
    }

    private static Terminated CheckTerminated(ReceivedMessage? received, IActorRef target, string? hint)
    {
        var terminated = Check<Terminated>(received, hint);
        Assert.True(terminated.ActorRef.Equals(target), $"Expected the end of {target}, got that of {terminated.ActorRef}. {hint}");
        return terminated;
    }

    private static void CheckNone(ReceivedMessage? received, TimeSpan duration)
    {
        if (received is not null)
        {
            Assert.Fail($"Expected no message for {duration}, got {received.Message} from {received.Sender}.");
        }
    }
}
