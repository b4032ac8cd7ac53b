using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;

namespace KvmActors.Actors.Tests.Scenario;

/// <summary>Restarts as a policy counts them, at times the test makes up.</summary>
public class RestartHistoryTests
{
    private static readonly RestartPolicy Twice = new()
    {
        Mode = RestartMode.OnFailure,
        MaxRestarts = 2,
        Window = TimeSpan.FromSeconds(10),
        Backoff = TimeSpan.FromSeconds(1),
        MaxBackoff = TimeSpan.FromSeconds(3),
    };

    [Theory]
    [InlineData(RestartMode.Never, false, AfterRun.Ends)]
    [InlineData(RestartMode.Never, true, AfterRun.Ends)]
    [InlineData(RestartMode.OnFailure, false, AfterRun.Restarts)]
    [InlineData(RestartMode.OnFailure, true, AfterRun.Ends)]
    [InlineData(RestartMode.Always, false, AfterRun.Restarts)]
    [InlineData(RestartMode.Always, true, AfterRun.Restarts)]
    internal void Decide_FirstEnd_IsAsThePolicySays(RestartMode mode, bool isSuccess, AfterRun expected) =>
        Assert.Equal(expected, new RestartHistory(Twice with { Mode = mode }).Decide(isSuccess, TimeSpan.Zero, 0, out _));

    [Fact]
    public void Decide_MoreFailuresThanRestartsInTheWindow_IsQuarantined()
    {
        Assert.Equal([AfterRun.Restarts, AfterRun.Restarts, AfterRun.IsQuarantined], Decide(Twice, 0, 5, 9.9));
    }

    [Fact]
    public void Decide_FailuresFarEnoughApart_IsNeverQuarantined()
    {
        Assert.All(Decide(Twice, [.. Enumerable.Range(0, 100).Select(index => index * 5.0)]), next => Assert.Equal(AfterRun.Restarts, next));
    }

    [Fact]
    public void Decide_NoWindow_CountsForEver()
    {
        Assert.Equal([AfterRun.Restarts, AfterRun.Restarts, AfterRun.IsQuarantined], Decide(Twice with { Window = null }, 0, 1e6, 2e6));
    }

    [Fact]
    public void Decide_Always_CountsFailuresOnly()
    {
        var history = new RestartHistory(Twice with { Mode = RestartMode.Always });

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(AfterRun.Restarts, history.Decide(isSuccess: true, TimeSpan.Zero, 0, out var _)));

        Assert.Equal(AfterRun.Restarts, history.Decide(isSuccess: false, TimeSpan.Zero, 0, out _));
        Assert.Equal(AfterRun.Restarts, history.Decide(isSuccess: false, TimeSpan.Zero, 0, out _));
        Assert.Equal(AfterRun.IsQuarantined, history.Decide(isSuccess: false, TimeSpan.Zero, 0, out _));
    }

    [Fact]
    public void Decide_Pause_DoublesUpToTheLongestAndIsHalfByChance()
    {
        var policy = Twice with { MaxRestarts = 200 };
        var (least, most) = (new RestartHistory(policy), new RestartHistory(policy));
        var pauses = Enumerable.Range(0, 200).Select(_ =>
        {
            least.Decide(isSuccess: false, TimeSpan.Zero, chance: 0, out var from);
            most.Decide(isSuccess: false, TimeSpan.Zero, chance: 1, out var to);
            return (from.TotalSeconds, to.TotalSeconds);
        }).ToList();

        Assert.Equal([(0.5, 1), (1, 2), (1.5, 3)], pauses.Take(3));
        Assert.All(pauses.Skip(2), pause => Assert.Equal((1.5, 3), pause));
    }

    // Against the rule in its plainest form: of all restarts there were, those that are younger than the window count.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Decide_AnySequence_IsWhatTheRuleSays(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var policy = new RestartPolicy
            {
                Mode = (RestartMode)random.Next(3),
                MaxRestarts = random.Next(1, 6),
                Window = random.Next(4) == 0 ? null : TimeSpan.FromSeconds(random.Next(1, 20)),
                Backoff = TimeSpan.FromSeconds(random.Next(0, 3)),
                MaxBackoff = TimeSpan.FromSeconds(random.Next(3, 10)),
            };
            var history = new RestartHistory(policy);
            var restarts = new List<TimeSpan>();
            var now = TimeSpan.Zero;
            for (var end = 0; end < 30; end++)
            {
                now += TimeSpan.FromSeconds(random.Next(0, 8));
                var (isSuccess, chance) = (random.Next(3) == 0, random.NextDouble());
                var counted = restarts.Count(restart => policy.Window is null || now - restart < policy.Window);

                var next = history.Decide(isSuccess, now, chance, out var pause);

                var isWanted = policy.Mode == RestartMode.Always || (policy.Mode == RestartMode.OnFailure && !isSuccess);
                Assert.Equal(!isWanted ? AfterRun.Ends : !isSuccess && counted >= policy.MaxRestarts ? AfterRun.IsQuarantined : AfterRun.Restarts, next);
                var full = Math.Min(policy.Backoff.TotalSeconds * Math.Pow(2, isSuccess ? 0 : counted), policy.MaxBackoff.TotalSeconds);
                Assert.Equal(next == AfterRun.Restarts ? full * (0.5 + (chance / 2)) : 0, pause.TotalSeconds, 1e-6);
                if (next == AfterRun.Restarts && !isSuccess)
                {
                    restarts.Add(now);
                }
            }
        }
    }

    private static List<AfterRun> Decide(RestartPolicy policy, params double[] failuresAt)
    {
        var history = new RestartHistory(policy);
        return [.. failuresAt.Select(seconds => history.Decide(isSuccess: false, TimeSpan.FromSeconds(seconds), 0, out _))];
    }
}
