using System.Xml.Linq;
using KvmActors.Packages.Tests.Support;

namespace KvmActors.Packages.Tests;

/// <summary>The package KvmActors: what is in it, and whether a program of somebody else's compiles with it and runs, in each way there is.</summary>
[Trait("Needs", "Repository")]
[Trait("Needs", "Compiler")]
[Collection("Builds")]
public sealed class LibraryTests(PackageFolder packages)
{
    private static readonly string[] Rooms = ["Actors", "Akka.Compat", "Interop", "Library", "Linux", "Machine", "Software"];

    [Fact]
    public async Task Program_WithThePackage_RunsAsItIsTrimmedAndCompiledAhead()
    {
        var folder = Directory.CreateDirectory(Path.Combine(packages.Root, "consumer")).FullName;
        foreach (var (name, text) in ConsumerProject.Files)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "NuGet.config"), packages.ConfigurationBesides());
        var hello = Path.Combine(Repository.Root, "guest", "build", "user", "hello");

        // Compiled ahead without optimization, which takes half as long, and shows the same.
        string[] options = ["--runtime", "linux-x64", "--configuration", "Debug", "-m:1"];

        await Command.MustAsync(packages.CacheOnly, folder, [Command.Dotnet, "build", .. options, "--output", "plain"]);
        await Command.MustAsync(packages.CacheOnly, folder, [Command.Dotnet, "publish", .. options, "--self-contained", "-p:PublishTrimmed=true", "--output", "trimmed"]);
        await Command.MustAsync(packages.CacheOnly, folder, [Command.Dotnet, "publish", .. options, "-p:PublishAot=true", "-p:NativeDebugSymbols=false", "-p:StripSymbols=false", "--output", "ahead"]);

        foreach (var kind in (string[])["plain", "trimmed", "ahead"])
        {
            // Nothing is beside the program but itself: neither guests nor, where it is compiled ahead, a runtime.
            Assert.False(Directory.Exists(Path.Combine(folder, kind, "guest")));
            var run = await Command.MustAsync(
                new Dictionary<string, string?> { ["DOTNET_ROOT"] = Path.GetDirectoryName(Command.Dotnet) is { Length: > 0 } dotnet ? dotnet : null }, "/",
                Path.Combine(folder, kind, "Consumer"), hello, Path.Combine(folder, "guest"));
            Assert.Equal(ConsumerProject.OutputWith("Hello from ring 3!\n"), run.Output);
        }
    }

    [Fact]
    public void Compilers_SeeTheLibraryAlone()
    {
        using var package = packages.Open("KvmActors");
        var files = package.Entries.Select(entry => entry.FullName).ToList();

        Assert.Equal(["ref/net10.0/KvmActors.Library.dll", "ref/net10.0/KvmActors.Library.xml"], files.Where(file => file.StartsWith("ref/", StringComparison.Ordinal)).Order());
        Assert.Equal(
            Rooms.Select(room => $"lib/net10.0/KvmActors.{room}.dll"),
            files.Where(file => file.StartsWith("lib/", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains("analyzers/dotnet/cs/KvmActors.Generators.dll", files);
        Assert.Contains("guest/include/kvmactors.h", files);
        Assert.Contains("guest/include/kvmactors.hpp", files);
        Assert.Contains("README.md", files);
    }

    [Fact]
    public void Symbols_OfTheLibrary_AreThoseOfAllRooms()
    {
        using var symbols = packages.Open("KvmActors", "snupkg");

        Assert.Equal(
            Rooms.Select(room => $"lib/net10.0/KvmActors.{room}.pdb"),
            symbols.Entries.Select(entry => entry.FullName).Where(file => file.EndsWith(".pdb", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Dependencies_OfTheLibrary_AreThePackagesOfAllRooms()
    {
        using var package = packages.Open("KvmActors");
        using var stream = package.Entries.Single(entry => entry.Name == "KvmActors.nuspec").Open();
        var dependencies = XDocument.Load(stream).Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => (string)element.Attribute("id")!);

        var referenced = Rooms
            .Select(room => XDocument.Load(Path.Combine(Repository.Root, "src", room, room + ".csproj")))
            .SelectMany(project => project.Descendants("PackageReference"))
            .Where(reference => (string?)reference.Attribute("PrivateAssets") != "all")
            .Select(reference => (string)reference.Attribute("Include")!);
        Assert.Equal(referenced.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), dependencies.Order(StringComparer.Ordinal));
    }
}
