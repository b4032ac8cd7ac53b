using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Keeps the test actor the implicit sender of what a test sends after an <c>await</c>.</summary>
internal sealed class TestActorSynchronizationContext(ActorCell cell, SynchronizationContext? outer) : SynchronizationContext
{
    /// <summary>Makes the actor of <paramref name="cell"/> the sender of what this thread sends from now on.</summary>
    public static void Install(ActorCell cell)
    {
        ActorCell.Current = cell;
        var outer = Current is TestActorSynchronizationContext previous ? previous.Outer : Current;
        SetSynchronizationContext(new TestActorSynchronizationContext(cell, outer));
    }

    private SynchronizationContext? Outer { get; } = outer;

    /// <summary>Undoes <see cref="Install"/> where it still applies.</summary>
    public static void Uninstall(ActorCell cell)
    {
        if (ReferenceEquals(ActorCell.Current, cell))
        {
            ActorCell.Current = null;
        }

        if (Current is TestActorSynchronizationContext own)
        {
            SetSynchronizationContext(own.Outer);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Outer is null)
        {
            ThreadPool.QueueUserWorkItem(_ => Run(d, state));
        }
        else
        {
            Outer.Post(_ => Run(d, state), null);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => Run(d, state);

    public override SynchronizationContext CreateCopy() => new TestActorSynchronizationContext(cell, Outer);

    private void Run(SendOrPostCallback d, object? state)
    {
        (var otherCell, var otherContext) = (ActorCell.Current, Current);
        ActorCell.Current = cell;
        SetSynchronizationContext(this);
        try
        {
            d(state);
        }
        finally
        {
            ActorCell.Current = otherCell;
            SetSynchronizationContext(otherContext);
        }
    }
}
