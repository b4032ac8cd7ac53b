using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Tests.Calls;

public class CallNamesTests
{
    [Theory]
    [InlineData(0, "read")]
    [InlineData(262, "newfstatat")]
    [InlineData(435, "clone3")]
    [InlineData((int)CallNumber.Zero, "zero")]
    [InlineData((int)CallNumber.Ready, "ready")]
    [InlineData((int)CallNumber.Unknown, "unknown")]
    public void NameOf_CountedCall_IsLinuxsNameOrOurs(int number, string expected) => Assert.Equal(expected, CallNames.NameOf(number));

    [Fact]
    public void OfMissing_Counts_AreByNameOrByNumber()
    {
        var counts = new Dictionary<int, long> { [202] = 3, [999] = 2, [-1] = 1 };

        Assert.Equal(new Dictionary<string, long> { ["futex"] = 3, ["999"] = 2, ["-1"] = 1 }, CallNames.OfMissing(counts));
    }
}
