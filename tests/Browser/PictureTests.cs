using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.RegularExpressions;
using KvmActors.Interop.Kvm;
using KvmActors.Tests;

namespace KvmActors.Browser.Tests;

/// <summary>The README's pictures: they are there, light and dark and not large, and can be made again.</summary>
public sealed partial class PictureTests
{
    private const int Width = 1120, MostBytes = 200_000;

    // An empty picture of this size has some 3 KB.
    private const int LeastBytes = 8_000;

    private static readonly string[] Names = ["report-dark", "report-light", "timeline-dark", "timeline-light"];

    private static readonly string Root = FindRoot();

    [Fact]
    [Trait("Needs", "Repository")]
    public void Readme_Pictures_AreThereInBothSchemes()
    {
        var named = Named().Matches(File.ReadAllText(Path.Combine(Root, "README.md"))).Select(match => match.Value).ToHashSet();

        Assert.Equal(Names.Select(name => $"docs/pictures/{name}.png"), named.Order(StringComparer.Ordinal));
        Assert.All(named, picture => AssertPicture(Path.Combine(Root, picture)));
    }

    /// <summary>The script makes all of them, of real runs of this build.</summary>
    [BrowserVmFact]
    [Trait("Needs", "Repository")]
    public async Task Make_RealRuns_MakesAllOfThem()
    {
        var folder = Directory.CreateTempSubdirectory("kvmactors-pictures-");
        try
        {
            // A copy of the script makes its pictures beside itself.
            var pictures = Directory.CreateDirectory(Path.Combine(folder.FullName, "docs", "pictures")).FullName;
            foreach (var file in (string[])["make", "timeline.html"])
            {
                File.Copy(Path.Combine(Root, "docs", "pictures", file), Path.Combine(pictures, file));
            }

            await RunAsync(Path.Combine(pictures, "make"));

            Assert.All(Names, name => AssertPicture(Path.Combine(pictures, $"{name}.png")));
            foreach (var page in (string[])["report", "timeline"])
            {
                var (dark, light) = (File.ReadAllBytes(Path.Combine(pictures, $"{page}-dark.png")), File.ReadAllBytes(Path.Combine(pictures, $"{page}-light.png")));
                Assert.False(dark.AsSpan().SequenceEqual(light), $"{page} looks the same light and dark");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(string script)
    {
        using var make = Process.Start(new ProcessStartInfo(script)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["KVMACTORS"] = Path.Combine(AppContext.BaseDirectory, "kvmactors.dll"),
                ["Kvm__Device"] = TestBackend.IsSoftware ? "/nonexistent" : KvmDevice.DefaultPath,
            },
        })!;
        using var limit = new CancellationTokenSource(TestTime.Seconds(180));
        var output = make.StandardOutput.ReadToEndAsync(limit.Token);
        var error = await make.StandardError.ReadToEndAsync(limit.Token);
        await make.WaitForExitAsync(limit.Token);
        Assert.True(make.ExitCode == 0, $"{await output}{error}");
    }

    private static void AssertPicture(string file)
    {
        var bytes = File.ReadAllBytes(file);
        Assert.InRange(bytes.Length, LeastBytes, MostBytes);
        Assert.Equal("PNG"u8, bytes.AsSpan(1, 3));
        Assert.Equal(Width, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvmActors.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below the sources.");
    }

    [GeneratedRegex("docs/pictures/[a-z-]+\\.png", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();
}

/// <summary>A test on each backend that needs Chromium.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserVmFactAttribute : VmFactAttribute
{
    public BrowserVmFactAttribute() => Skip =
        BrowserTheoryAttribute.Path is null ? "makes the README's pictures with Chromium, and none is on PATH: apt-get install chromium" : null;
}
