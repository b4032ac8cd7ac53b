using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Running;

public sealed class FuzzRunnerTests
{
    [Fact]
    public void Run_SameSeed_SameCases()
    {
        Assert.Equal(Cases(7, 100), Cases(7, 100));
        Assert.NotEqual(Cases(7, 100), Cases(8, 100));

        static List<ulong> Cases(ulong seed, ulong count)
        {
            var seen = new List<ulong>();
            using var target = new Target(input =>
            {
                seen.Add(input.Bits());
                return "fine";
            });
            Assert.Null(new FuzzRunner(target, TextWriter.Null).Run(seed, count, TimeSpan.MaxValue));
            return seen;
        }
    }

    [Fact]
    public void Run_ACaseThatThrows_IsSaidWithItsSeed()
    {
        using var target = new Target(input => input.Next(50) == 17 ? throw new FuzzFailureException("seventeen") : "fine");

        var problem = new FuzzRunner(target, TextWriter.Null).Run(3, 10_000, TimeSpan.MaxValue);

        Assert.Contains("--seed 3", problem, StringComparison.Ordinal);
        Assert.Contains("seventeen", problem, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(FuzzCase.Corpus, target.Name), recursive: true);
    }

    [Fact]
    public void Shrink_NumbersThatFailTogether_AreTheFewestAndSmallest()
    {
        // Two numbers over 100, the first the smaller.
        var shrinker = new Shrinker(choices => choices is [> 100 and var first, .., var last] && last > first ? choices : null);

        Assert.Equal([101UL, 102], shrinker.Shrink([5000, 3, 0, 17, 9999], TestTime.Seconds(30)));
    }

    [Fact]
    public void Write_ACase_IsReadTheSame()
    {
        var written = new FuzzCase([0, 1, ulong.MaxValue, 0xABC], ["what", "it does"]);

        var file = written.Write("written");

        var read = FuzzCase.Read(file);
        Assert.Equal(written.Choices, read.Choices);
        Assert.Equal(written.Comments, read.Comments);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    private sealed class Target(Func<FuzzInput, string> run) : IFuzzTarget
    {
        public string Name => $"target-{GetHashCode()}";

        public string Run(FuzzInput input) => run(input);

        public void Dispose()
        {
        }
    }
}
