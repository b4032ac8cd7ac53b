using System.Globalization;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Tests;
using Xunit.Abstractions;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace KvmActors.Fuzz.Tests;

/// <summary>
/// A share of each target with each build: first what has failed before, then new cases, as many as the time allows.
/// <c>FUZZ_SEED</c> says which, <c>FUZZ_SECONDS</c> how long.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> WithoutKvm => [.. FuzzTargets.WithoutKvm.Keys];

    [Theory]
    [MemberData(nameof(WithoutKvm))]
    public void Target_ItsShare_HoldsItsPromises(string name) => RunShare(name);

    public static TheoryData<string> WithKvm => [.. FuzzTargets.WithKvm.Keys];

    [KvmTheory]
    [MemberData(nameof(WithKvm))]
    public void KvmTarget_ItsShare_HoldsItsPromises(string name) => RunShare(name);

    private void RunShare(string name)
    {
        using var target = FuzzTargets.Find(name)!;
        using var text = new StringWriter();
        var runner = new FuzzRunner(target, text);
        foreach (var file in FuzzCase.FilesOf(name))
        {
            Assert.Null(runner.Replay(file));
        }

        var seed = Number("FUZZ_SEED") is { } wanted ? (ulong)wanted : (ulong)Random.Shared.Next();
        var problem = runner.Run(seed, ulong.MaxValue, Number("FUZZ_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : target.Share);
        output.WriteLine(text.ToString());
        Assert.True(problem is null, problem);
    }

    private static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
