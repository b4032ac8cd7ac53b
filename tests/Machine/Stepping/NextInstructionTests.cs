using KvmActors.Machine.Stepping;

namespace KvmActors.Machine.Tests.Stepping;

public class NextInstructionTests
{
    [Theory]
    [InlineData("f4", 64, "Halt", 4)]
    [InlineData("66f4", 16, "Halt", 4)]
    [InlineData("40f4", 64, "Halt", 4)]
    [InlineData("40f4", 32, "Other", 4)]
    [InlineData("cf", 16, "InterruptReturn", 2)]
    [InlineData("cf", 32, "InterruptReturn", 4)]
    [InlineData("66cf", 32, "InterruptReturn", 2)]
    [InlineData("48cf", 64, "InterruptReturn", 8)]
    [InlineData("4866cf", 64, "InterruptReturn", 2)]
    [InlineData("48cb", 64, "FarReturn", 8)]
    [InlineData("ca0800", 32, "FarReturn", 4)]
    [InlineData("9c", 64, "PushFlags", 8)]
    [InlineData("669c", 64, "PushFlags", 2)]
    [InlineData("9d", 16, "PopFlags", 2)]
    [InlineData("0f05", 64, "SystemCall", 4)]
    [InlineData("480f07", 64, "SystemReturn", 8)]
    [InlineData("0f35", 32, "SystemReturn", 4)]
    [InlineData("f36e", 64, "RepeatedString", 4)]
    [InlineData("f348a5", 64, "RepeatedString", 8)]
    [InlineData("a5", 64, "Other", 4)]
    [InlineData("f390", 64, "Other", 4)]
    [InlineData("b8f4000000", 64, "Other", 4)]
    [InlineData("0f", 64, "Other", 4)]
    [InlineData("f366", 64, "Other", 8)]
    [InlineData("", 64, "Other", 8)]
    public void Decode_Code_TellsKindAndWordSize(string code, int bits, string kind, int wordBytes) =>
        Assert.Equal(
            new NextInstruction(Enum.Parse<InstructionKind>(kind), wordBytes),
            NextInstruction.Decode(Convert.FromHexString(code), bits));
}
