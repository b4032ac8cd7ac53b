using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KvmActors.ActorRuntime.Tests;

public sealed class HostingTests
{
    private readonly ConcurrentQueue<string> _log = new();

    [Fact]
    public async Task AddAkka_HostStarts_ActorsAreInTheRegistry()
    {
        using var host = NewHost(akka => akka.WithActors((system, registry) =>
            registry.Register<EchoActor>(system.ActorOf(Props.Create(() => new EchoActor()), "echo"))));
        await host.StartAsync();

        var registry = host.Services.GetRequiredService<IReadOnlyActorRegistry>();
        var required = host.Services.GetRequiredService<IRequiredActor<EchoActor>>();

        Assert.Equal("echo", registry.Get<EchoActor>().Path.Name);
        Assert.True(registry.TryGet<EchoActor>(out IActorRef found));
        Assert.Equal(found, required.ActorRef);
        Assert.Equal(found, await required.GetAsync());
        Assert.Equal(found, await host.Services.GetRequiredService<ActorRegistry>().GetAsync<EchoActor>());
        Assert.Equal("hosted", host.Services.GetRequiredService<ActorSystem>().Name);
        Assert.Equal("hello", await found.Ask<string>("hello", Patience.Long));
        await host.StopAsync();
    }

    [Fact]
    public async Task StopAsync_StopsTheActors()
    {
        using var host = NewHost(akka => akka.WithActors((system, _) => system.ActorOf(Props.Create(() => new Leaver(_log)))));
        await host.StartAsync();
        var system = host.Services.GetRequiredService<ActorSystem>();

        await host.StopAsync();

        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
        Assert.Contains("PostStop", _log);
    }

    [Fact]
    public async Task Terminate_SystemEndsFirst_TheHostStops()
    {
        using var host = NewHost(_ => { });
        await host.StartAsync();

        _ = host.Services.GetRequiredService<ActorSystem>().Terminate();

        await host.WaitForShutdownAsync().WaitAsync(Patience.Long);
    }

    [Fact]
    public async Task AddHocon_Dispatcher_IsUsed()
    {
        using var host = NewHost(akka => akka
            .AddHocon("pinned { type = PinnedDispatcher }", HoconAddMode.Append)
            .WithActors((system, registry) => registry.Register<EchoActor>(
                system.ActorOf(Props.Create(() => new EchoActor()).WithDispatcher("pinned")))));
        await host.StartAsync();

        Assert.Equal(1, await host.Services.GetRequiredService<IActorRegistry>().Get<EchoActor>().Ask<int>(1, Patience.Long));
        await host.StopAsync();
    }

    [Fact]
    public async Task StartAsync_StarterThrows_HostStartFailsAndTheSystemEnds()
    {
        using var host = NewHost(akka => akka.WithActors((_, _) => throw new BoomException()));

        await Assert.ThrowsAsync<BoomException>(() => host.StartAsync());

        await host.Services.GetRequiredService<ActorSystem>().WhenTerminated.WaitAsync(Patience.Long);
    }

    [Fact]
    public async Task AddLoggerFactory_ActorLogs_ReachTheHostsLoggers()
    {
        using var host = NewHost(akka => akka.WithActors((system, _) =>
            system.ActorOf(Props.Create(() => new Logger()), "logger").Tell("log it")));
        await host.StartAsync();

        await Until(() => _log.Any(line => line.Contains("Warning", StringComparison.Ordinal)
            && line.Contains("said log it", StringComparison.Ordinal)));

        await host.StopAsync();
    }

    [Fact]
    public async Task Registry_DuplicateKey_Throws_MissingKey_Throws_LateKey_IsAwaited()
    {
        using var host = NewHost(_ => { });
        await host.StartAsync();
        var registry = host.Services.GetRequiredService<IActorRegistry>();
        var system = host.Services.GetRequiredService<ActorSystem>();
        var first = system.ActorOf(Props.Create(() => new EchoActor()));
        var second = system.ActorOf(Props.Create(() => new EchoActor()));

        Assert.Throws<MissingActorRegistryEntryException>(() => registry.Get<EchoActor>());
        Task<IActorRef> awaited = registry.GetAsync<EchoActor>();
        registry.Register<EchoActor>(first);
        Assert.Equal(first, await awaited.WaitAsync(Patience.Long));
        Assert.Throws<DuplicateActorRegistryException>(() => registry.Register<EchoActor>(second));
        registry.Register<EchoActor>(second, overwrite: true);
        Assert.Equal(second, registry.Get<EchoActor>());
        await host.StopAsync();
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience.Long);
        while (!condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    private IHost NewHost(Action<AkkaConfigurationBuilder> configure)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(new QueueLoggerProvider(_log));
        builder.Services.AddAkka("hosted", (akka, _) =>
        {
            akka.ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory());
            configure(akka);
        });
        return builder.Build();
    }

    private sealed class Leaver(ConcurrentQueue<string> log) : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);

        protected override void PostStop() => log.Enqueue("PostStop");
    }

    private sealed class Logger : ReceiveActor
    {
        public Logger()
        {
            var log = Context.GetLogger();
            Receive<string>(text => log.Warning("said {0}", text));
        }
    }

    private sealed class QueueLoggerProvider(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => log.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
