using KvmActors.Bench.Measuring;

namespace KvmActors.Bench.Tests;

public sealed class MeasuredProgramTests
{
    [Fact]
    public async Task MeasureAsync_SeveralRuns_IsTheMedianWithWorkLessThatWithout()
    {
        var times = new Dictionary<string, Queue<int>> { ["0"] = new([5, 1, 3]), ["9"] = new([10, 50, 20]) };

        var measured = await Program().MeasureAsync(
            arguments => Task.FromResult(("", TimeSpan.FromMilliseconds(times[arguments[0]].Dequeue()))), runs: 3);

        Assert.Equal(17, measured);
    }

    [Fact]
    public async Task MeasureAsync_WorkThatTakesNoTime_CannotBeMeasured() =>
        await Assert.ThrowsAsync<MeasurementException>(() => Program().MeasureAsync(_ => Task.FromResult(("", TimeSpan.FromMilliseconds(1)))));

    // Nothing has been run natively here, so nothing is what it prints.
    [Fact]
    public async Task MeasureAsync_PrintsSomethingElse_IsNoFigure()
    {
        var failure = await Assert.ThrowsAsync<MeasurementException>(
            () => Program().MeasureAsync(arguments => Task.FromResult((arguments[0] == "9" ? "wrong\n" : "", TimeSpan.FromMilliseconds(1)))));

        Assert.Equal("loop 9 printed 'wrong' instead of ''", failure.Message);
    }

    private static MeasuredProgram Program() => new(new BenchContext("/"), "loop", ["0"], ["9"]);
}
