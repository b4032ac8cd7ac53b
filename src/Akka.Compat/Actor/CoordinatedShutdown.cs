using System.Collections.Concurrent;
using Akka.Configuration;

namespace Akka.Actor;

/// <summary>
/// The way a system goes down: phase by phase, the tasks of one phase side by side. A task that fails or outlasts its
/// phase is logged, and the next phase begins all the same.
/// </summary>
public sealed class CoordinatedShutdown
{
    /// <summary>The first phase.</summary>
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";

    /// <summary>The phase in which services stop.</summary>
    public const string PhaseServiceStop = "service-stop";

    /// <summary>The last phase, in which all actors stop.</summary>
    public const string PhaseActorSystemTerminate = "actor-system-terminate";

    // The phases in their order, with Akka's default time limits.
    private static readonly (string Name, TimeSpan Limit)[] Phases =
    [
        (PhaseBeforeServiceUnbind, TimeSpan.FromSeconds(5)),
        (PhaseServiceStop, TimeSpan.FromSeconds(5)),
        (PhaseActorSystemTerminate, TimeSpan.FromSeconds(10)),
    ];

    private readonly ConcurrentQueue<(string Phase, string Name, Func<Task<Done>> Task)> _tasks = new();
    private readonly TaskCompletionSource<Done> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActorSystemImpl _system;
    private Reason? _reason;

    private CoordinatedShutdown(ActorSystemImpl system)
    {
        _system = system;
        AddTask(PhaseActorSystemTerminate, "terminate-system", async () =>
        {
            await system.FinalTerminate().ConfigureAwait(false);
            return Done.Instance;
        });
    }

    /// <summary>Why the shutdown began; null before it does.</summary>
    public Reason? ShutdownReason => Volatile.Read(ref _reason);

    /// <summary>The shutdown of <paramref name="sys"/>.</summary>
    public static CoordinatedShutdown Get(ActorSystem sys)
    {
        ArgumentNullException.ThrowIfNull(sys);
        return ((ActorSystemImpl)sys).Extension(static system => new CoordinatedShutdown(system));
    }

    /// <summary>Adds a task to a phase that has not begun.</summary>
    /// <exception cref="ConfigurationException">There is no such phase.</exception>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (!Phases.Any(known => string.Equals(known.Name, phase, StringComparison.Ordinal)))
        {
            throw new ConfigurationException($"There is no phase '{phase}': use {string.Join(", ", Phases.Select(known => known.Name))}.");
        }

        _tasks.Enqueue((phase, taskName, task));
    }

    /// <summary>Runs the phases, once; later calls get the same task.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="fromPhase">Where to begin; null for the first phase.</param>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _ = RunPhases(fromPhase);
        }

        return _done.Task;
    }

    private async Task RunPhases(string? fromPhase)
    {
        foreach ((string phase, var limit) in Phases
            .SkipWhile(phase => fromPhase is not null && !string.Equals(phase.Name, fromPhase, StringComparison.Ordinal)))
        {
            var tasks = Task.WhenAll(_tasks
                .Where(task => string.Equals(task.Phase, phase, StringComparison.Ordinal))
                .Select(task => RunTask(phase, task.Name, task.Task)));
            try
            {
                await tasks.WaitAsync(limit).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Event.LoggingExtensions.Warning(_system.Log, "The shutdown phase {0} took longer than {1} and was left behind", phase, limit);
            }
        }

        _done.SetResult(Done.Instance);
    }

    private async Task RunTask(string phase, string name, Func<Task<Done>> task)
    {
        try
        {
            await task().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Event.LoggingExtensions.Warning(_system.Log, failure, "Task {0} of the shutdown phase {1} failed", name, phase);
        }
    }

    /// <summary>Why a system goes down.</summary>
    public class Reason
    {
        /// <summary>Reasons are singletons of their own types.</summary>
        protected Reason()
        {
        }
    }

    /// <summary>The process exits.</summary>
    public sealed class ClrExitReason : Reason
    {
        /// <summary>The only value.</summary>
        public static readonly Reason Instance = new ClrExitReason();

        private ClrExitReason()
        {
        }
    }

    /// <summary>Someone called <see cref="ActorSystem.Terminate"/>.</summary>
    public sealed class ActorSystemTerminateReason : Reason
    {
        /// <summary>The only value.</summary>
        public static readonly Reason Instance = new ActorSystemTerminateReason();

        private ActorSystemTerminateReason()
        {
        }
    }
}
