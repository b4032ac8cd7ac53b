using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>A message on its way, with who sent it.</summary>
internal readonly record struct Envelope(object Message, IActorRef? Sender);
