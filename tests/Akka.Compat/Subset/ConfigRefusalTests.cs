using Akka.Configuration;

namespace KvmActors.ActorRuntime.Tests.Subset;

/// <summary>What the subset's configuration does not have is refused, where the packages have it.</summary>
public sealed class ConfigRefusalTests
{
    [Theory]
    [InlineData("akka.loglevel = WARNING", "akka.loglevel")]
    [InlineData("akka { actor { default-dispatcher { type = PinnedDispatcher } } }", "akka.actor.default-dispatcher.type")]
    [InlineData("pinned { type = PinnedDispatcher, throughput = 1 }", "pinned.throughput")]
    [InlineData("pinned { type = TaskDispatcher }", "only PinnedDispatcher and ForkJoinDispatcher")]
    [InlineData("pinned { throughput = 1 }", "no 'pinned.type'")]
    [InlineData("fixed { type = ForkJoinDispatcher }", "lacks 'dedicated-thread-pool.thread-count = N'")]
    [InlineData("fixed { type = ForkJoinDispatcher, dedicated-thread-pool { thread-count = 0 } }", "a number from 1")]
    [InlineData("fixed { type = ForkJoinDispatcher, throughput = x, dedicated-thread-pool { thread-count = 1 } }", "fixed.throughput is 'x'")]
    [InlineData("fixed { type = ForkJoinDispatcher, dedicated-thread-pool { thread-count = 1, threadtype = foreground } }", "only background")]
    [InlineData("fixed { type = ForkJoinDispatcher, dedicated-thread-pool { deadlock-timeout = 3s } }", "fixed.dedicated-thread-pool.deadlock-timeout")]
    [InlineData("akka.actor.ask-timeout = soon", "write 500ms, 5s or infinite")]
    [InlineData("akka.actor.ask-timeout = 10000000s", "write 500ms, 5s or infinite")]
    [InlineData("pinned { type = PinnedDispatcher", "'}' is missing before the end")]
    [InlineData("pinned { type = PinnedDispatcher } }", "a setting is missing before '}'")]
    [InlineData("pinned", "the value of pinned is missing before the end")]
    [InlineData("akka.loggers = []", "the value of akka.loggers is missing before '['")]
    [InlineData("akka.actor.ask-timeout = 5 s", "a new line is missing before 's'")]
    [InlineData("pinned { type = PinnedDispatcher }, akka.actor.ask-timeout = 5s", "a new line is missing before ','")]
    [InlineData("akka.actor.ask-timeout = 5s,, pinned.type = PinnedDispatcher", "a setting is missing before ','")]
    [InlineData("include \"other.conf\"", "the value of include is missing before '\"'")]
    public void ParseString_NotKnown_ThrowsAndNamesIt(string hocon, string named)
    {
        var thrown = Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString("\n" + hocon));

        Assert.Contains(named, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("line 2", thrown.Message, StringComparison.Ordinal);
    }
}
