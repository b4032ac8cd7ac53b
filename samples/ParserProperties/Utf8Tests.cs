// A property test of native code: FsCheck makes inputs, a parser in C reads them in a VM, and a crash there is a failed property with a small
// counterexample, not a test host that is gone.
//
//     dotnet test samples/ParserProperties
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvmActors;
using Xunit;

namespace ParserProperties;

public sealed class Utf8Tests(ParserGuest guest) : IClassFixture<ParserGuest>
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Nearly UTF-8: what is interesting, cut and put together.
    private static readonly Gen<byte[]> Texts = Gen.Elements("a", "é", "€", "😀", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff")
        .Select(Encoding.UTF8.GetBytes)
        .Or(Gen.Elements<byte[]>([0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFF]), 6, 1)
        .ArrayOf().Select(parts => parts.SelectMany(part => part).ToArray());

    [Fact]
    public void CountRunes_OfAnyBytes_IsWhatDotnetCounts() => Prop
        .ForAll(Texts.Or(ArbMap.Default.GeneratorFor<byte[]>(), 3, 1).ToArbitrary(), bytes => guest.Call("count_runes", bytes) == Count(bytes))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void MeanWord_OfATextWithoutWords_CrashesTheGuestAlone()
    {
        var failure = Assert.ThrowsAny<Exception>(() => Prop
            .ForAll(Gen.Elements("", " ", "a", "bcd", "  ").ArrayOf().Select(string.Concat).ToArbitrary(), text => guest.Call("mean_word", text) >= 0)
            .Check(Config.QuickThrowOnFailure));

        Assert.Contains(nameof(GuestEndedException), failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, guest.Call("mean_word", "a bcd"));
    }

    private static int Count(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes).EnumerateRunes().Count();
        }
        catch (DecoderFallbackException)
        {
            return -1;
        }
    }
}

internal static class Generators
{
    /// <summary>One of two generators, by weights.</summary>
    public static Gen<T> Or<T>(this Gen<T> first, Gen<T> second, int firstWeight, int secondWeight) =>
        Gen.Frequency((firstWeight, first), (secondWeight, second));
}
