using KvmActors.Host.Report;
using KvmActors.Host.Tests;
using KvmActors.Host.Tests.Report;

namespace KvmActors.Browser.Tests;

/// <summary>The report in a browser: it shows, it complains about nothing, it asks for nothing, and it is what both themes make of it.</summary>
public sealed class ReportInBrowserTests : IDisposable
{
    // Histograms are drawn twice, for pages and for telephones; one of the two is shown.
    private const string VisibleFigures =
        "[...new Set([...document.querySelectorAll('figure.wide, figure.narrow')].filter(f => f.checkVisibility()).map(f => f.className))].join()";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-report-");

    public void Dispose() => _folder.Delete(recursive: true);

    [BrowserTheory]
    [InlineData(1, 1, 0)]
    [InlineData(50, 8, 6)]
    [InlineData(2000, 32, 100)]
    [InlineData(2000, 2000, 0)]
    public async Task Open_Report_ShowsWithoutComplaintInBothThemes(int vms, int concurrency, int failEvery)
    {
        var file = Write(vms, concurrency, failEvery, "unclaimed port 0x99");
        var pictures = new List<byte[]>();
        foreach (var scheme in (string[])["light", "dark"])
        {
            await using var browser = await Chromium.StartAsync();
            await browser.OpenAsync(file, scheme);

            var headings = (await browser.EvaluateAsync("[...document.querySelectorAll('h2')].map(h => h.innerText)"))!.AsArray().Select(heading => (string)heading!);
            Assert.Subset(
                headings.ToHashSet(), new HashSet<string> { "Outcome", "Starts", "Exits by reason", "Hypercalls", "Exit latency over time", "Slowest exits", "VM lifetimes", "Machine and scenario" });

            // Nothing sticks out of the window's width, and every drawing has a size.
            Assert.True((bool)(await browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth"))!);
            Assert.True((bool)(await browser.EvaluateAsync("[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).every(s => s.getBoundingClientRect().height > 40)"))!);
            Assert.Equal("wide", (string)(await browser.EvaluateAsync(VisibleFigures))!);

            pictures.Add(await browser.CaptureAsync());
            Assert.Empty(browser.Complaints);
        }

        Assert.All(pictures, picture => Assert.InRange(picture.Length, 50_000, 10_000_000));
        Assert.False(pictures[0].AsSpan().SequenceEqual(pictures[1]), "light and dark look the same");
    }

    [BrowserTheory]
    [InlineData(1, 1, 0)]
    [InlineData(50, 8, 6)]
    [InlineData(2000, 32, 100)]
    public async Task Open_OnATelephone_FitsAndCanBeRead(int vms, int concurrency, int failEvery)
    {
        await using var browser = await Chromium.StartAsync();
        await browser.ResizeAsync(width: 390, height: 844);
        await browser.OpenAsync(Write(vms, concurrency, failEvery, "unclaimed port 0x99"), "light");

        Assert.Equal(390, (int)(await browser.EvaluateAsync("document.documentElement.scrollWidth"))!);
        Assert.Equal("narrow", (string)(await browser.EvaluateAsync(VisibleFigures))!);

        // Nothing is wider than the window but what scrolls by itself; no text of a drawing is smaller than 8 pixels.
        const string StickingOut = "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && !e.closest('.scroll, figure, pre')"
            + " && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 80))";
        const string Smallest = "Math.min(...[...document.querySelectorAll('svg text')].filter(t => t.checkVisibility())"
            + ".map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))";
        Assert.Empty((await browser.EvaluateAsync(StickingOut))!.AsArray());
        Assert.InRange((double)(await browser.EvaluateAsync(Smallest))!, 8, 20);
        Assert.Empty(browser.Complaints);
    }

    [BrowserTheory]
    [InlineData("light", "screen")]
    [InlineData("dark", "screen")]
    [InlineData("dark", "print")]
    public async Task Open_Text_StandsOutFromItsBackground(string scheme, string media)
    {
        await using var browser = await Chromium.StartAsync();
        await browser.OpenAsync(Write(50, 8, 6, "unclaimed port 0x99"), scheme, media);

        // WCAG 2's contrast of every colour that text has, against the panel it stands on: 4.5 for text, 3 for what is drawn.
        const string Contrasts = """
            (() => {
              const root = getComputedStyle(document.documentElement);
              const light = name => {
                const hex = root.getPropertyValue(name).trim();
                const [r, g, b] = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16) / 255)
                  .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const ratio = (one, other) => {
                const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
                return (high + 0.05) / (low + 0.05);
              };
              return [...['--ink', '--soft', '--bad', '--good'].map(name => ratio(name, '--panel') / 4.5),
                ratio('--soft', '--page') / 4.5, ratio('--bad', '--bad-soft') / 4.5, ratio('--good', '--good-soft') / 4.5,
                ...['--host', '--guest', '--late', '--gone'].map(name => ratio(name, '--panel') / 3)];
            })()
            """;
        var ratios = (await browser.EvaluateAsync(Contrasts))!.AsArray().Select(ratio => (double)ratio!);

        Assert.All(ratios, ratio => Assert.InRange(ratio, 1, 10));
        Assert.Empty(browser.Complaints);
    }

    [BrowserTheory]
    [InlineData(SampleReport.Hostile)]
    [InlineData("<style>*{display:none}</style><a href=\"javascript:alert(1)\">x</a><!--")]
    [InlineData("</summary></details><iframe src=\"file:///etc/passwd\"></iframe><base href=\"http://evil.example/\">")]
    public async Task Open_HostileGuest_IsOnlyText(string message)
    {
        await using var browser = await Chromium.StartAsync();
        await browser.OpenAsync(Write(8, 2, 2, message), "light");

        Assert.Equal(0, (int)(await browser.EvaluateAsync("document.querySelectorAll('script, img, iframe, a, base, object, link, svg *:not(g,path,rect,text,title,desc)').length"))!);
        Assert.Equal(1, (int)(await browser.EvaluateAsync("document.querySelectorAll('style').length"))!);
        Assert.Contains(message[..20], (string)(await browser.EvaluateAsync("document.querySelector('summary').innerText"))!, StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    private string Write(int vms, int concurrency, int failEvery, string message)
    {
        var file = Path.Combine(_folder.FullName, "report.html");
        File.WriteAllText(file, ReportPage.Create(SampleReport.Create(vms, concurrency, failEvery, message), SampleResults.Facts));
        return file;
    }
}
