namespace Akka.Configuration;

/// <summary>What a ForkJoinDispatcher is made of.</summary>
/// <param name="Threads">How many threads it has, from 1.</param>
/// <param name="Throughput">How many messages an actor handles before others get the thread, from 1.</param>
internal sealed record ForkJoinSettings(int Threads, int Throughput)
{
    /// <summary>The throughput of one that does not say, as in Akka.NET's own defaults.</summary>
    public const int DefaultThroughput = 30;
}
