using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class HostRandomTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public void Fill_AnyLength_FillsAllOfIt(int length)
    {
        var bytes = new byte[length];

        HostRandom.Fill(bytes);

        // A megabyte in which some 4 KiB stayed zero was not filled.
        Assert.All(bytes.Chunk(4096).Where(chunk => chunk.Length == 4096), chunk => Assert.Contains(chunk, value => value != 0));
    }

    [Fact]
    public void Fill_Twice_Differs()
    {
        var (first, second) = (new byte[32], new byte[32]);

        HostRandom.Fill(first);
        HostRandom.Fill(second);

        Assert.NotEqual(first, second);
    }
}
