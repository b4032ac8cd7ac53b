using Akka.Actor;

namespace Akka.Configuration;

/// <summary>The configuration lacks something or says something impossible.</summary>
public class ConfigurationException(string message, Exception? exception = null) : AkkaException(message, exception);
