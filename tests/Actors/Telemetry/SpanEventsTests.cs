using System.Diagnostics;
using KvmActors.Actors.Telemetry;

namespace KvmActors.Actors.Tests.Telemetry;

public sealed class SpanEventsTests
{
    [Fact]
    public void Write_KnownLate_ComesInItsPlace()
    {
        using var span = new Activity("vm").Start();
        var events = new SpanEvents(span);
        var entered = Stopwatch.GetTimestamp();
        events.Add("deadline");
        events.Add("first entry", entered);

        events.Write();
        events.Write();

        Assert.Equal(["first entry", "deadline"], span.Events.Select(happened => happened.Name));
        Assert.True(span.Events.First().Timestamp <= span.Events.Last().Timestamp);
    }

    [Fact]
    public void Add_NobodyListens_IsFine()
    {
        var events = new SpanEvents(null);

        events.Add("created");
        events.Write();
    }
}
