namespace KvmActors.Actors.Services;

/// <summary>A way for tests to fail an actor: asked when one is made and before it handles a message. Any thread.</summary>
/// <param name="check">Told which actor, and which message it is about to handle or null when it is being made; may throw.</param>
internal sealed class ActorFaults(Action<string, string?> check)
{
    /// <summary>Throws where the test wants it.</summary>
    public void Check(string actor, string? message = null) => check(actor, message);
}
