using System.IO.Compression;

namespace KvmActors.Packages.Tests.Support;

/// <summary>
/// Packages made of what is built, in a folder outside the repository, and NuGet as somebody has it who never built anything: with a cache of
/// its own, and below <see cref="Root"/> with that folder as its only source.
/// </summary>
public sealed class PackageFolder : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-packages-");

    /// <summary>The folder of everything.</summary>
    internal string Root => _folder.FullName;

    /// <summary>Where the packages are.</summary>
    internal string Packages => Path.Combine(Root, "packages");

    /// <summary>Variables for <c>dotnet</c>.</summary>
    internal IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["NUGET_PACKAGES"] = Path.Combine(Root, "cache"),
        ["NUGET_HTTP_CACHE_PATH"] = Path.Combine(Root, "http"),
        ["DOTNET_CLI_HOME"] = Root,
        ["HOME"] = Root,
    };

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Root, "NuGet.config"), $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="packed" value="{Packages}" />
              </packageSources>
            </configuration>
            """);
        foreach (var project in (string[])["Host", "Library", "Testing"])
        {
            await Command.MustAsync(
                new Dictionary<string, string?>(), Repository.Root,
                Command.Dotnet, "pack", $"src/{project}/{project}.csproj", "--no-build", "--configuration", Repository.Configuration, "--output", Packages, "-m:1");
        }
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Variables for a <c>dotnet</c> that has this machine's sources, and a cache of its own.</summary>
    internal IReadOnlyDictionary<string, string?> CacheOnly => new Dictionary<string, string?> { ["NUGET_PACKAGES"] = Path.Combine(Root, "cache") };

    /// <summary>A configuration that has the folder besides this machine's sources, and takes what this machine has of others' packages.</summary>
    internal string ConfigurationBesides()
    {
        var machine = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{Packages}" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="machine" value="{machine}" />
              </fallbackPackageFolders>
            </configuration>
            """;
    }

    /// <summary>The file of a package, whatever its version.</summary>
    internal string PathOf(string id, string extension = "nupkg") => Assert.Single(
        Directory.GetFiles(Packages, $"{id}.*.{extension}"), file => char.IsAsciiDigit(Path.GetFileName(file)[id.Length + 1]));

    /// <summary>What is in a package.</summary>
    internal ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(PathOf(id, extension));
}

/// <summary>Tests that pack and publish: one after another, with one folder of packages.</summary>
[CollectionDefinition("Builds")]
public sealed class BuildsCollection : ICollectionFixture<PackageFolder>;
