using System.Text.RegularExpressions;
using KvmActors.Actors.Results;
using KvmActors.Host.Report;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests.Report;

public sealed class ReportPageTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Create_SomeFail_HasEverySection()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 12, concurrency: 4, failEvery: 5), Now);

        foreach (var heading in (string[])
            ["Outcome", "2 VMs did not end as wanted", "Exits by reason", "Hypercalls", "Exit latency over time", "Slowest exits", "VM lifetimes"])
        {
            Assert.Contains($"<h2>{heading}</h2>", page, StringComparison.Ordinal);
        }

        Assert.Contains("2026-01-02 03:04 UTC", page, StringComparison.Ordinal);
        Assert.Contains("ship-4, vCPU 0: unclaimed port 0x99", page, StringComparison.Ordinal);
        Assert.Contains("RAX    0000000000000042", page, StringComparison.Ordinal);
        Assert.Contains("open() = -ENOENT", page, StringComparison.Ordinal);
        Assert.Equal(20, Regex.Count(page, "class=\"bar\""));
        Assert.Equal(Regex.Count(page, "<svg "), Regex.Count(page, "role=\"img\"><title>[^<]+</title><desc>[^<]+</desc>"));
    }

    [Fact]
    public void Create_HostileGuest_ShowsItsTextAndNothingMore()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 4, concurrency: 2, failEvery: 2, SampleReport.Hostile), Now);

        Assert.Contains("&lt;/pre&gt;&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;alert(&#39;x&#39;)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u202e', page);
        Assert.DoesNotContain('\u0007', page);
    }

    [Fact]
    public void Create_Anything_RefersToNothingOutside()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 50, concurrency: 8, failEvery: 7), Now);

        Assert.DoesNotMatch("(?i)https?:|//[a-z]|\\b(src|href|action|data|poster)=|url\\(|@import|<script|<link|\\bon[a-z]+=", page);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(50, 8)]
    [InlineData(2000, 32)]
    [InlineData(2000, 2000)]
    [InlineData(20000, 500)]
    [InlineData(50000, 5000)]
    public void Create_HoweverManyVms_IsSmallAndWellFormed(int vms, int concurrency)
    {
        var page = vms == 0
            ? ReportPage.Create(new ScenarioResult("empty", TimeSpan.Zero, false, [], new ExitStatistics()), Now)
            : ReportPage.Create(SampleReport.Create(vms, concurrency, failEvery: 3), Now);

        Assert.InRange(page.Length, 5_000, 2_000_000);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(width|height)=\"-", page);
        foreach (var drawing in page.Split("<svg ").Skip(1))
        {
            // An SVG of the page is XML too: every element is closed, every attribute quoted.
            System.Xml.Linq.XDocument.Parse($"<svg {drawing[..drawing.IndexOf("</svg>", StringComparison.Ordinal)]}</svg>");
        }
    }
}
