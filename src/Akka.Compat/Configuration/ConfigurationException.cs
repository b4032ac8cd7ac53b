using Akka.Actor;

namespace Akka.Configuration;

/// <summary>The configuration lacks something or says something impossible.</summary>
public class ConfigurationException(string message, Exception? exception = null) : AkkaException(message, exception)
{
    /// <summary>Says what is wrong where.</summary>
    internal static ConfigurationException AtLine(int line, string what) => new($"The actor system's configuration, line {line}: {what}.");
}
