using KvmActors.Machine.Recording;

namespace KvmActors.Machine.Tests.Recording;

public class OperationLogTests
{
    [Fact]
    public void Read_NothingAdded_IsEmpty()
    {
        var (operations, dropped) = new OperationLog(10).Read();

        Assert.Empty(operations);
        Assert.Equal(0, dropped);
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(5, 0)]
    [InlineData(8, 3)]
    public void Read_SomeAdded_HasTheNewestOldestFirst(int added, int dropped)
    {
        var log = new OperationLog(5);
        for (var number = 0; number < added; number++)
        {
            log.Add(new RecordedOperation(number, number, number + 1, 0));
        }

        var (operations, lost) = log.Read();

        Assert.Equal(Enumerable.Range(dropped, added - dropped), operations.Select(operation => operation.Number));
        Assert.Equal(dropped, lost);
    }

    [Fact]
    public async Task Read_WhileAnotherThreadAdds_IsWholeEachTime()
    {
        var log = new OperationLog(4);
        var adding = Task.Run(() =>
        {
            for (var number = 0; number < 100_000; number++)
            {
                log.Add(new RecordedOperation(number, number, number, number));
            }
        });

        while (!adding.IsCompleted)
        {
            var (operations, _) = log.Read();
            Assert.All(operations, operation => Assert.Equal((operation.Started, operation.Ended), ((long)operation.Number, operation.Result)));
            Assert.Equal(operations.Select((_, index) => operations[0].Number + index), operations.Select(operation => operation.Number));
        }

        await adding;
        Assert.Equal(99_996, log.Read().Dropped);
    }
}
