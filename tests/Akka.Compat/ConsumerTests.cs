using System.Reflection;
using KvmActors.Consumer;

namespace KvmActors.ActorRuntime.Tests;

/// <summary>A project that references the Akka packages beside src/Actors, which compiles only if it sees their types once.</summary>
public sealed class ConsumerTests
{
    [Fact]
    public void Consumer_OfActorsAndThePackages_MeetsThePackagesTypes()
    {
        Assert.Equal("Akka", Outsider.Akkas.GetName().Name);
    }

    [Fact]
    public void Consumer_OfActors_HasTheirRuntimeWhenItRuns()
    {
        Assert.Contains(Outsider.Ours.GetTypes(), type => type.BaseType?.FullName == "Akka.Actor.ReceiveActor");
        Assert.DoesNotContain(typeof(Outsider).Assembly.GetReferencedAssemblies(), IsSubset);
    }

    private static bool IsSubset(AssemblyName name) => name.Name!.Contains("Compat", StringComparison.Ordinal);
}
