using Akka.Actor;
using Akka.Event;

namespace KvmActors.Actors.Pools;

/// <summary>Something short to be done on a thread that is no vCPU's: those are confined, and must not bring the thread pool work.</summary>
/// <param name="Run">What; it does not throw and does not wait.</param>
public sealed record Callback(Action Run);

/// <summary>Does what vCPUs' threads hand over, one after the other.</summary>
public sealed class CallbackActor : ReceiveActor
{
    /// <summary>Makes the actor.</summary>
    public CallbackActor() => Receive<Callback>(message =>
    {
        try
        {
            message.Run();
        }
        catch (Exception e)
        {
            Context.GetLogger().Error(e, "a callback failed for a reason that nobody foresaw");
        }
    });
}
