using System.Text;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class NativeArgumentsTests
{
    [Fact]
    public void Restore_BytesThatWereLost_AreThereAgain() => Assert.Equal(
        ["exec", "a\uDCFFb", "\u00FC", ""], NativeArguments.Restore(["exec", "a\uFFFDb", "\u00FC", ""], Line("dotnet\0program.dll\0exec\0a\u00FFb\0\u00C3\u00BC\0\0")));

    [Fact]
    public void Restore_NoArguments_AreNone() => Assert.Empty(NativeArguments.Restore([], Line("dotnet\0program.dll\0")));

    // Somebody wrote another title over it.
    [Theory]
    [InlineData("")]
    [InlineData("title\0")]
    [InlineData("dotnet\0program.dll\0other\0words\0")]
    public void Restore_AnotherCommandLine_ChangesNothing(string line)
    {
        string[] arguments = ["exec", "a\uFFFDb"];
        Assert.Same(arguments, NativeArguments.Restore(arguments, Line(line)));
    }

    [Fact]
    public void Read_OfThisProcess_EndsWithItsWords()
    {
        var words = Environment.GetCommandLineArgs();
        Assert.Equal(words[^1..], NativeArguments.Read(words[^1..]));
    }

    private static byte[] Line(string text) => Encoding.Latin1.GetBytes(text);
}
