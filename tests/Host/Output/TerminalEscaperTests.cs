using System.Buffers;
using System.Text;
using KvmActors.Host.Output;

namespace KvmActors.Host.Tests.Output;

public class TerminalEscaperTests
{
    [Theory]
    [InlineData("plain text\twith a tab\n", "plain text\twith a tab\n")]
    [InlineData("Grüße, 世界, Ωmega, 👩‍🚀", "Grüße, 世界, Ωmega, 👩‍🚀")]
    [InlineData("a\r\nb", "a\r\nb")]
    [InlineData("a\rb", "a^Mb")]
    [InlineData("a\r\r\nb", "a^M\r\nb")]
    [InlineData("\e[2J\e]0;title\a", "^[[2J^[]0;title^G")]
    [InlineData("\0\b\u007f", "^@^H^?")]
    [InlineData("\u009b2J\u0085", "<U+009B>2J<U+0085>")]
    [InlineData("a\u202eb\u2066c\u200fd\u061ce", "a<U+202E>b<U+2066>c<U+200F>d<U+061C>e")]
    [InlineData("a\u2028b\U000E0041c", "a<U+2028>b<U+E0041>c")]
    public void Escape_Text_ShowsWhatCouldDeceive(string text, string shown) => Assert.Equal(shown, Show(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("9b32", "\\x9b2")]
    [InlineData("c0af", "\\xc0\\xaf")]
    [InlineData("e0809b", "\\xe0\\x80\\x9b")]
    [InlineData("eda080", "\\xed\\xa0\\x80")]
    [InlineData("f4908080", "\\xf4\\x90\\x80\\x80")]
    [InlineData("e282", "\\xe2\\x82")]
    [InlineData("e2821b", "\\xe2\\x82^[")]
    [InlineData("ff", "\\xff")]
    [InlineData("0d", "^M")]
    public void Escape_NoUtf8_ShowsItsBytes(string hex, string shown) => Assert.Equal(shown, Show(Convert.FromHexString(hex)));

    [Fact]
    public void Escape_CutAnywhere_ShowsTheSame()
    {
        var random = new Random(11);
        for (var round = 0; round < 300; round++)
        {
            var bytes = Sample(random);
            var whole = Show(bytes);
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                Assert.Equal(whole, Show(bytes[..cut], bytes[cut..]));
            }

            Assert.Equal(whole, Show([.. bytes.Select(value => new[] { value })]));
        }
    }

    [Fact]
    public void Escape_Anything_SendsNothingToActOn()
    {
        var random = new Random(12);
        for (var round = 0; round < 3000; round++)
        {
            var shown = Show(Sample(random));

            // Also that it is UTF-8 again: Show reads it as that, and fails on anything else.
            Assert.DoesNotContain(shown.Replace("\r\n", "", StringComparison.Ordinal).EnumerateRunes(), character =>
                character.Value is not ('\n' or '\t') && (Rune.IsControl(character) || character.Value is >= 0x202A and <= 0x202E));
        }
    }

    // Many beginnings and ends of what is special, and few bytes that are not.
    [Theory]
    [InlineData("\e[31mred\e[m\b\r\e[2J\e]0;t\a", "red^H^M^[[2J^[]0;t^G", false)]
    [InlineData("\e[31mred\e[m\b\r\e[2J\e]0;t\u0001", "\e[31mred\e[m\b\r\e[2J^[]0;t^A\e[m", true)]
    [InlineData("\u009b2J\u202e", "<U+009B>2J<U+202E>", true)]
    [InlineData("a\e[12", "a^[[12", true)]
    public void Escape_GuestWithATerminal_DrawsWhileItMay(string text, string shown, bool mayDraw)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        Assert.Equal(shown, Show(() => mayDraw, bytes));
        Assert.Equal(shown, Show(() => mayDraw, [.. bytes.Select(value => new[] { value })]));
    }

    // An editor goes back to the first screen after it has put the terminal back to lines.
    [Fact]
    public void Escape_GuestThatHasDrawn_MayTakeItBack()
    {
        var answers = new Queue<bool>([true]);

        Assert.Equal("\e[?1049h\e[?1049l^[]0;t", Show(() => answers.TryDequeue(out var mayDraw) && mayDraw, "\e[?1049h"u8.ToArray(), "\e[?1049l\e]0;t"u8.ToArray()));
    }

    [Fact]
    public void Escape_AnythingOfAGuestWithATerminal_SendsOnlyWhatDraws()
    {
        var random = new Random(13);
        string[] pieces = ["\e", "[", "]", "?", "25", ";", "h", "l", "m", "6n", "c", "P", "\\", "(", "0", "\a", "1049", "t", "x", "\u009d", "r"];
        for (var round = 0; round < 3000; round++)
        {
            var shown = Show(() => true, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]))));
            for (var at = shown.IndexOf('\e', StringComparison.Ordinal); at >= 0; at = shown.IndexOf('\e', at + 1))
            {
                Assert.True(ControlSequence.Read(Encoding.UTF8.GetBytes(shown[at..]), out _) > ControlSequenceKind.Incomplete, shown);
            }

            Assert.DoesNotContain('\u009d', shown);
        }
    }

    private static byte[] Sample(Random random)
    {
        byte[] special = [0x1B, 0x0D, 0x0A, 0x09, 0x7F, 0x80, 0x9B, 0xC2, 0xC0, 0xE2, 0x80, 0xAE, 0xE0, 0xED, 0xA0, 0xF0, 0x9F, 0xF3, 0xF4, 0x90, 0xFF];
        var bytes = new byte[random.Next(1, 24)];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = random.Next(4) == 0 ? (byte)random.Next(256) : special[random.Next(special.Length)];
        }

        return bytes;
    }

    private static string Show(params byte[][] writes) => Show(mayDraw: null, writes);

    private static string Show(Func<bool>? mayDraw, params byte[][] writes)
    {
        var (escaper, target) = (new TerminalEscaper(mayDraw), new ArrayBufferWriter<byte>());
        foreach (var write in writes)
        {
            escaper.Escape(write, target);
        }

        escaper.Finish(target);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(target.WrittenSpan);
    }
}
