using System.Text.RegularExpressions;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.GuestOutput;
using KvmActors.Host.Report;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests.Report;

public sealed class ReportPageTests
{
    [Fact]
    public void Create_FailedVm_SaysWhatItWrote()
    {
        var result = SampleReport.Create(vms: 4, concurrency: 2, failEvery: 2);
        var failed = result.Vms.First(vm => !vm.IsSuccess).Id;
        var facts = SampleResults.Facts with { OutputOf = id => id == failed ? new GuestText("<b>\e[31mlast words", 0, "") : GuestText.Empty };

        var page = ReportPage.Create(result, facts);

        Assert.Contains($"<summary>What {failed} wrote</summary><pre>&lt;b&gt;␛[31mlast words</pre>", page, StringComparison.Ordinal);
        Assert.Single(page.Split("<summary>What ")[1..]);
    }

    [Fact]
    public void Create_SomeFail_HasEverySection()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 12, concurrency: 4, failEvery: 5), SampleResults.Facts);

        foreach (var heading in (string[])
            ["Outcome", "2 VMs did not end as wanted", "Starts", "Exits by reason", "Hypercalls", "Ports and devices", "Exit latency over time",
             "Slowest exits", "VM lifetimes", "Machine and scenario"])
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
    public void Create_AnyRun_SaysWhatItWasAndWhere()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 12, concurrency: 4), SampleResults.Facts);

        foreach (var fact in (string[])
            ["A processor, 4 processors, 4.0 GiB of memory", "Linux 6.1", "/dev/kvm, kvm_amd, API version 12; hardware virtualization: svm", "KvmActors 1.2.3",
             "2026-01-02 03:04:05 UTC", "sample: 3 VMs, at most 2 at once"])
        {
            Assert.Contains($"<dd>{fact}</dd>", page, StringComparison.Ordinal);
        }

        Assert.Matches("<td>good</td><td class=\"n\">2</td><td>long64</td><td class=\"n\">1</td><td class=\"n\">4 MiB</td><td>Cold</td>\n?<td class=\"n\">10.0 s</td><td>Kvm</td>", page);
        Assert.Contains("Serial 0x3f8, Doorbell 0x20, RegisterBank 0xd0000000", page, StringComparison.Ordinal);
        Assert.Contains("/data (ReadWrite)", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_PortsAndDevices_HaveARowEach()
    {
        var result = SampleResults.Scenario(good: 2, oneCrashed: false);
        var page = ReportPage.Create(
            result with { Vms = [.. result.Vms.Select(vm => vm with { Devices = [new DeviceReport("Doorbell", 0x20, 7, [])] })] }, SampleResults.Facts);

        Assert.Contains("<tr><td class=\"nowrap\">port 0x8001</td><td class=\"n\">1</td><td class=\"n\">10.0 µs</td>", page, StringComparison.Ordinal);
        Assert.Contains("<tr><td class=\"nowrap\">Doorbell 0x20</td><td class=\"n\">14</td></tr>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Starts_HavePercentilesByKind()
    {
        VmResult Vm(int index, VmStart start) => new()
        {
            Id = $"vm-{index}",
            Name = "vm",
            Outcome = VmOutcome.Halted,
            Start = start,
            StartDuration = TimeSpan.FromMilliseconds(index + 1),
        };
        var vms = Enumerable.Range(0, 100).Select(index => Vm(index, VmStart.Warm)).Append(Vm(300, VmStart.Cold)).ToList();

        var page = ReportPage.Create(new ScenarioResult("starts", TimeSpan.FromSeconds(1), false, vms, new ExitStatistics()), SampleResults.Facts);

        Assert.Matches("<tr><td class=\"nowrap\">warm starts</td><td class=\"n\">100</td><td class=\"n\">(49|50)\\.[0-9] ms</td>\n?<td class=\"n\">(89|90)\\.[0-9] ms</td><td class=\"n\">(98|99)\\.[0-9] ms</td>\n?<td class=\"n\">100 ms</td></tr>", page);
        Assert.Contains("<tr><td class=\"nowrap\">cold starts</td><td class=\"n\">1</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_HostileGuest_ShowsItsTextAndNothingMore()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 4, concurrency: 2, failEvery: 2, SampleReport.Hostile), SampleResults.Facts);

        Assert.Contains("&lt;/pre&gt;&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;alert(&#39;x&#39;)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u202e', page);
        Assert.DoesNotContain('\u0007', page);
    }

    [Fact]
    public void Create_Anything_RefersToNothingOutside()
    {
        var page = ReportPage.Create(SampleReport.Create(vms: 50, concurrency: 8, failEvery: 7), SampleResults.Facts);

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
            ? ReportPage.Create(new ScenarioResult("empty", TimeSpan.Zero, false, [], new ExitStatistics()), SampleResults.Facts)
            : ReportPage.Create(SampleReport.Create(vms, concurrency, failEvery: 3), SampleResults.Facts);

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
