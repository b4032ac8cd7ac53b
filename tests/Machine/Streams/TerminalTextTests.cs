using System.Text;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Tests.Streams;

public class TerminalTextTests
{
    [Theory]
    [InlineData(0x00, true)]
    [InlineData(0x0A, true)]
    [InlineData(0x1B, true)]
    [InlineData(0x1F, true)]
    [InlineData(0x20, false)]
    [InlineData(0x7E, false)]
    [InlineData(0x7F, true)]
    [InlineData(0x9F, true)]
    [InlineData(0xA0, false)]
    [InlineData(0x61C, true)]
    [InlineData(0x200D, false)]
    [InlineData(0x200E, true)]
    [InlineData(0x2027, false)]
    [InlineData(0x2028, true)]
    [InlineData(0x202E, true)]
    [InlineData(0x202F, false)]
    [InlineData(0x2065, false)]
    [InlineData(0x2066, true)]
    [InlineData(0x2069, true)]
    [InlineData(0x206A, false)]
    [InlineData(0x1F600, false)]
    [InlineData(0xE0000, true)]
    [InlineData(0xE007F, true)]
    [InlineData(0xE0100, false)]
    public void IsUnsafe_Characters(int value, bool isUnsafe) => Assert.Equal(isUnsafe, TerminalText.IsUnsafe(new Rune(value)));
}
