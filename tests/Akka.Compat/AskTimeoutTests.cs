using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace KvmActors.ActorRuntime.Tests;

/// <summary>How long an Ask waits in a system that says so in its configuration.</summary>
public sealed class AskTimeoutTests() : TestKit("akka.actor.ask-timeout = 150ms")
{
    [Fact]
    public async Task Ask_SaysNothing_WaitsAsLongAsConfigured()
    {
        var silent = Sys.ActorOf(Props.Create(() => new SilentActor()));

        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("hello").WaitAsync(Patience.Long));
        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask("hello").WaitAsync(Patience.Long));
    }

    [Fact]
    public async Task Ask_WithACancellationToken_WaitsAsLongAsConfigured()
    {
        var silent = Sys.ActorOf(Props.Create(() => new SilentActor()));
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAsync<AskTimeoutException>(
            () => silent.Ask<string>("hello", cancellation.Token).WaitAsync(Patience.Long));
    }

    [Theory]
    [InlineData(Timeout.Infinite)]
    [InlineData(0)]
    [InlineData(20_000)]
    public async Task Ask_SaysHowLong_WaitsThatLong(int milliseconds)
    {
        var late = Sys.ActorOf(Props.Create(() => new LateActor()));

        Assert.Equal("late", await late.Ask<string>("hello", TimeSpan.FromMilliseconds(milliseconds)).WaitAsync(Patience.Long));
    }

    private sealed class LateActor : ReceiveActor
    {
        public LateActor()
        {
            ReceiveAny(_ => Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(400), Sender, "late", Self));
        }
    }
}
