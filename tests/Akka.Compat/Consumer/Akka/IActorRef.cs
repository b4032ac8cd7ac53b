namespace Akka.Actor;

/// <summary>A name that the package and the subset both have.</summary>
public interface IActorRef;
