using System.Reflection;
using Akka.Actor;
using KvmActors.Actors.Scenario;

namespace KvmActors.Consumer;

/// <summary>Names a type of Akka's and one of ours.</summary>
public static class Outsider
{
    /// <summary>Where the compiler found Akka's.</summary>
    public static Assembly Akkas { get; } = typeof(IActorRef).Assembly;

    /// <summary>Where it found ours.</summary>
    public static Assembly Ours { get; } = typeof(KvmActorSystem).Assembly;
}
