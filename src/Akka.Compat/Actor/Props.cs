using System.Linq.Expressions;
using System.Reflection;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>How to create an actor: immutable, so that every restart starts from the same.</summary>
public class Props
{
    private readonly Func<ActorBase> _factory;

    internal Props(Type type, Func<ActorBase> factory)
    {
        Type = type;
        _factory = factory;
    }

    /// <summary>The actor's type.</summary>
    public Type Type { get; }

    /// <summary>The id of the dispatcher that runs the actor.</summary>
    public string Dispatcher { get; private init; } = Dispatchers.DefaultId;

    /// <summary>Replaces the strategy that the actor itself would choose; null when nothing does.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; private init; }

    /// <summary>Props from a constructor call. Its arguments are evaluated now, once, also for later restarts.</summary>
    /// <exception cref="ArgumentException">The expression is not <c>() => new TActor(…)</c>.</exception>
    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null)
        where TActor : ActorBase
    {
        ArgumentNullException.ThrowIfNull(factory);
        Props props;
        if (factory.Body is UnaryExpression)
        {
            var compiled = factory.Compile();
            props = new Props(typeof(TActor), compiled);
        }
        else if (factory.Body is NewExpression { Constructor: { } constructor } call)
        {
            object?[] arguments = [.. call.Arguments.Select(Evaluate)];
            props = new Props(typeof(TActor), () => (ActorBase)constructor.Invoke(arguments));
        }
        else
        {
            throw new ArgumentException("Props.Create takes a constructor call: () => new MyActor(…).", nameof(factory));
        }

        return props.With(props.Dispatcher, supervisorStrategy);
    }

    /// <summary>The same on the dispatcher that the configuration has under that name.</summary>
    public Props WithDispatcher(string dispatcher) => With(dispatcher, SupervisorStrategy);

    /// <summary>The same under another strategy for the actor's children.</summary>
    public Props WithSupervisorStrategy(SupervisorStrategy? strategy) => With(Dispatcher, strategy);

    internal ActorBase NewActor()
    {
        try
        {
            return _factory();
        }
        catch (Exception cause)
        {
            throw new TypeLoadException($"The constructor of {Type} failed: {cause.GetBaseException().Message}", cause);
        }
    }

    private static object? Evaluate(Expression? argument) => argument switch
    {
        null => null,
        ConstantExpression constant => constant.Value,

        // Captured variables and fields, which is what nearly all arguments are: much cheaper than what follows.
        MemberExpression { Member: FieldInfo field } access => field.GetValue(Evaluate(access.Expression)),
        _ => Expression.Lambda<Func<object?>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)(),
    };

    private Props With(string dispatcher, SupervisorStrategy? strategy) =>
        new(Type, _factory) { Dispatcher = dispatcher, SupervisorStrategy = strategy };
}
