using KvmActors.Host.Compare;
using KvmActors.Host.Tests.Report;

namespace KvmActors.Host.Tests.Compare;

public sealed class ComparePageTests
{
    [Fact]
    public void Create_OneSlower_DrawsBothOverEachOtherAndSaysSo()
    {
        var page = ComparePage.Create(Sample("Io", 2));

        Assert.Contains("<span class=\"verdict bad\">slower</span>", page, StringComparison.Ordinal);
        Assert.Matches("<td class=\"nowrap\">Io</td><td class=\"nowrap\"><span class=\"key k-bad\"></span>slower</td><td class=\"n\">3,000</td><td class=\"n\">3,000</td>", page);
        Assert.Matches("<td class=\"n\">(1\\.9|2\\.0)[0-9] \\((1\\.[789]|2\\.0)[0-9]–2\\.[0-3][0-9]\\)</td>", page);
        foreach (var drawing in page.Split("<svg ").Skip(1))
        {
            var text = drawing[..drawing.IndexOf("</svg>", StringComparison.Ordinal)];
            System.Xml.Linq.XDocument.Parse($"<svg {text}</svg>");
            Assert.Contains("class=\"over guest\"", text, StringComparison.Ordinal);
            Assert.Contains("class=\"over host\"", text, StringComparison.Ordinal);
        }

        // The one drawing, for a page and for a telephone.
        Assert.Equal(3, page.Split("<svg ").Length);
    }

    [Fact]
    public void Create_Anything_RefersToNothingOutside() =>
        Assert.DoesNotMatch("(?i)https?:|//[a-z]|\\b(src|href|action|data|poster)=|url\\(|@import|<script|<link|\\bon[a-z]+=", ComparePage.Create(Sample("Io", 1)));

    [Fact]
    public void Create_HostileName_IsText()
    {
        var page = ComparePage.Create(Sample(SampleReport.Hostile, 1));

        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Create_NothingInCommon_IsAPage() => Assert.EndsWith(
        "</html>\n", ComparePage.Create(Comparison.Of(Durations.Run("a"), Durations.Run("b"), 0.1)), StringComparison.Ordinal);

    private static Comparison Sample(string name, double factor)
    {
        var random = new Random(1);
        return Comparison.Of(
            Durations.Run("a.json", (name, Durations.LogNormal(random, 3000))), Durations.Run("b.json", (name, Durations.LogNormal(random, 3000, factor))), 0.1);
    }
}
