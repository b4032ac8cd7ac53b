using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.DependencyInjection;

/// <summary>Creates actors whose constructors take services from the container.</summary>
public interface IDependencyResolver
{
    /// <summary>Props of an actor whose constructor parameters are <paramref name="args"/>, in order, and services for the rest.</summary>
    Props Props<T>(params object[] args)
        where T : ActorBase;

    /// <summary>A service of the container.</summary>
    /// <exception cref="InvalidOperationException">There is no such service.</exception>
    T GetService<T>()
        where T : notnull;
}

internal sealed class ServiceProviderResolver(IServiceProvider services) : IDependencyResolver
{
    public Props Props<T>(params object[] args)
        where T : ActorBase => new(typeof(T), () => ActivatorUtilities.CreateInstance<T>(services, args));

    public T GetService<T>()
        where T : notnull => services.GetRequiredService<T>();
}
