using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using KvmActors.Actors.Telemetry;

namespace KvmActors.Host.Tests.Docs;

/// <summary>docs/telemetry.md has every metric with its kind and unit, and every attribute and event.</summary>
[Trait("Needs", "Repository")]
public sealed partial class TelemetryPageTests
{
    private const string Page = "docs/telemetry.md";

    [Fact]
    public void Page_HasEveryMetricWithItsKindAndUnit()
    {
        var rows = Pages.RowsOn(Page, "Metric").ToDictionary(row => row[0].Trim('`'), row => (Kind: row[1], Unit: row[2].Trim('`')));
        var instruments = Instruments();

        Assert.True(instruments.Count > 8, "the instruments were not found");
        Assert.All(instruments, instrument =>
        {
            Assert.True(rows.TryGetValue(instrument.Name, out var row), $"{Page} does not tell of the metric {instrument.Name}: add a row for it");
            Assert.Equal((instrument.Name, KindOf(instrument), instrument.Unit), (instrument.Name, row.Kind, row.Unit));
        });
        Assert.All(rows.Keys, name => Assert.True(instruments.Exists(instrument => instrument.Name == name), $"{Page} has a row for {name}, which is no metric"));
    }

    /// <summary>Units are as UCUM and OpenTelemetry's conventions have them.</summary>
    [Fact]
    public void Instruments_HaveConventionalUnits() => Assert.All(Instruments(), instrument =>
    {
        Assert.Matches("^(s|By|1|\\{[a-z]+\\})$", instrument.Unit);
        Assert.True(instrument is not Histogram<double> || instrument.Name.EndsWith(".duration", StringComparison.Ordinal) == (instrument.Unit == "s"), instrument.Name);
    });

    [Fact]
    public void Page_HasEveryAttribute()
    {
        var page = Pages.Read(Page);
        var used = Directory.EnumerateFiles(Path.Combine(Pages.Root, "src", "Actors"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Quoted().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value))
            .ToHashSet();

        Assert.True(used.Count > 20, "the sources were not found");
        Assert.All(used, name => Assert.True(page.Contains($"`{name}`", StringComparison.Ordinal), $"{Page} does not tell of {name}: add it to the table of its span or metric"));
        Assert.All(Named().Matches(page).Select(match => match.Groups["name"].Value), name => Assert.True(used.Contains(name), $"{Page} tells of {name}, which nothing is called"));
    }

    private static List<Instrument> Instruments()
    {
        var instruments = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == KvmTelemetry.Name)
            {
                instruments.Add(instrument);
            }
        };
        KvmTelemetry.HandOnLive();
        listener.Start();
        return instruments;
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "UpDownCounter" => "up-down counter",
        "Histogram" => "histogram",
        "ObservableGauge" => "gauge",
        var other => other,
    };

    [GeneratedRegex("\"(?<name>(kvm|kvmactors)(\\.[a-z_]+)+|error\\.type)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex("`(?<name>(kvm|kvmactors)(\\.[a-z_]+)+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();
}
