using Akka.Actor;
using Akka.Configuration;

namespace KvmActors.ActorRuntime.Tests;

public sealed class ConfigTests
{
    [Fact]
    public void ParseString_ReadsSectionsKeysAndComments()
    {
        var config = ConfigurationFactory.ParseString("""
            # a comment
            vcpu-dispatcher { type = PinnedDispatcher } // another
            a.b { c = "quoted # text", d : plain text
                  e { f = 1 } }
            a.b.g = 2
            a.b.e.f = 3
            """);

        Assert.Equal("PinnedDispatcher", config.GetString("vcpu-dispatcher.type"));
        Assert.Equal("quoted # text", config.GetString("a.b.c"));
        Assert.Equal("plain text", config.GetString("a.b.d"));
        Assert.Equal("2", config.GetString("a.b.g"));
        Assert.Equal("3", config.GetString("a.b.e.f"));
        Assert.Equal("fallback", config.GetString("a.b.none", "fallback"));
        Assert.True(config.HasPath("a.b"));
        Assert.False(config.HasPath("a.x"));
    }

    [Fact]
    public void WithFallback_FillsGapsOnly()
    {
        Config config = "a = 1";

        var merged = config.WithFallback("a = 2, b = 3");

        Assert.Equal("1", merged.GetString("a"));
        Assert.Equal("3", merged.GetString("b"));
    }

    [Fact]
    public async Task Dispatcher_OtherKeysInside_AreTolerated()
    {
        ActorSystem system = ActorSystem.Create("configured", """
            vcpu-dispatcher {
              type = PinnedDispatcher
              throughput = 1
              shutdown-timeout = 1s
            }
            akka { loglevel = WARNING, loggers = [] }
            """);
        var actor = system.ActorOf(Props.Create(() => new EchoActor()).WithDispatcher("vcpu-dispatcher"));

        Assert.Equal("hello", await actor.Ask<string>("hello", Patience.Long));

        await system.Terminate().WaitAsync(Patience.Long);
    }
}
