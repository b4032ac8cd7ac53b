using System.Text;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class NativeTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("gr\u00FC\u00DFe \U0001F600")]
    public void Decode_Utf8_IsTheText(string text)
    {
        Assert.Equal(text, NativeText.Decode(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(Encoding.UTF8.GetBytes(text), NativeText.GetBytes(text));
    }

    // Not as a theory's data, which is UTF-8 itself.
    [Fact]
    public void Decode_BytesThatAreNoUtf8_AreSurrogates()
    {
        foreach (var (bytes, expected) in ((string, string)[])
            [
                ("ff", "\uDCFF"), ("61ff80c3", "a\uDCFF\uDC80\uDCC3"), ("c3bcff", "\u00FC\uDCFF"),
                ("f09f9880f09f98", "\U0001F600\uDCF0\uDC9F\uDC98"), ("eda080", "\uDCED\uDCA0\uDC80"),
            ])
        {
            Assert.Equal(expected, NativeText.Decode(Convert.FromHexString(bytes)));
            Assert.Equal(bytes, Convert.ToHexStringLower(NativeText.GetBytes(expected)));
            Assert.Equal(bytes.Length / 2, NativeText.GetByteCount(expected));
        }
    }

    [Fact]
    public void GetBytes_OfAnyBytes_GivesThemBack()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(20)];
            random.NextBytes(bytes);
            Assert.Equal(bytes, NativeText.GetBytes(NativeText.Decode(bytes)));
        }
    }

    // What no byte came of is what it is elsewhere.
    [Fact]
    public void GetBytes_OtherSurrogates_AreReplaced() => Assert.Equal("\uFFFDx\uFFFD", NativeText.Decode(NativeText.GetBytes("\uDC7Fx\uD800")));
}
