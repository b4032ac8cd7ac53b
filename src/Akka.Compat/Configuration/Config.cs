using System.Collections.Immutable;

namespace Akka.Configuration;

/// <summary>The settings of an actor system: its dispatchers and how long an Ask waits.</summary>
public class Config
{
    internal Config(ImmutableDictionary<string, ForkJoinSettings?> dispatchers, TimeSpan? askTimeout)
    {
        Dispatchers = dispatchers;
        AskTimeout = askTimeout;
    }

    /// <summary>No settings.</summary>
    internal static Config Empty { get; } = new(ImmutableDictionary<string, ForkJoinSettings?>.Empty, null);

    /// <summary>The dispatchers by name, with their threads; null for one that gives each actor a thread of its own.</summary>
    internal ImmutableDictionary<string, ForkJoinSettings?> Dispatchers { get; }

    /// <summary>How long an Ask waits that does not say; not positive for ever, null when nothing is configured.</summary>
    internal TimeSpan? AskTimeout { get; }

    /// <summary>Reads HOCON. See <see cref="ConfigurationFactory.ParseString"/>.</summary>
    public static implicit operator Config(string hocon) => ConfigurationFactory.ParseString(hocon);

    /// <summary>These settings, and those of <paramref name="fallback"/> where these have none.</summary>
    internal Config WithFallback(Config fallback) =>
        new(fallback.Dispatchers.SetItems(Dispatchers), AskTimeout ?? fallback.AskTimeout);
}

/// <summary>Where configurations come from.</summary>
public static class ConfigurationFactory
{
    /// <summary>
    /// Reads <c>NAME { type = PinnedDispatcher }</c>,
    /// <c>NAME { type = ForkJoinDispatcher, throughput = 30, dedicated-thread-pool { thread-count = 4, threadtype = background } }</c>
    /// and <c>akka.actor.ask-timeout = 5s</c>, in sections or with dotted keys, and comments.
    /// </summary>
    /// <exception cref="ConfigurationException">The text is malformed, or has a setting that this runtime does not have.</exception>
    public static Config ParseString(string hocon)
    {
        ArgumentNullException.ThrowIfNull(hocon);
        return new HoconReader(hocon).Read();
    }
}
