using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Tests.Calls;

public class SyscallNamesTests
{
    // A header older than a call does not know it; whatever it knows has the same number.
    [Fact]
    [Trait("Needs", "Compiler")]
    public void Find_EveryName_HasTheNumberOfTheCHeader()
    {
        using var folder = new TempFolder();
        var lines = SyscallNames.Numbers.Select(number => SyscallNames.Find(number)!).Select(name => $"""
            #ifdef __NR_{name}
                printf("{name} %d\n", __NR_{name});
            #endif
            """);
        var source = folder.AddFile("numbers.c", $$"""
            #include <stdio.h>
            #include <asm/unistd.h>
            int main(void)
            {
            {{string.Join('\n', lines)}}
                return 0;
            }
            """);

        var numbers = CCompiler.Run(source);

        Assert.InRange(numbers.Count, 340, SyscallNames.Numbers.Count());
        Assert.All(numbers, row => Assert.Equal(row.Key, SyscallNames.Find((int)row.Value)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(335)]
    [InlineData(423)]
    [InlineData(1000)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void Find_NumberThatNoCallHas_IsNull(int number) => Assert.Null(SyscallNames.Find(number));

    [Fact]
    public void NumberOf_EveryName_IsItsNumber() =>
        Assert.All(SyscallNames.Numbers, number => Assert.Equal(number, SyscallNames.NumberOf(SyscallNames.Find(number)!)));

    [Fact]
    public void NumberOf_NoCall_Throws() => Assert.Throws<ArgumentException>(() => SyscallNames.NumberOf("frobnicate"));
}
