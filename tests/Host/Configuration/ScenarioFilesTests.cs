using KvmActors.Host.Configuration;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Configuration;

[Collection(SerialCollection.Name)]
public sealed class ScenarioFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_OfTheProgram_AreOrderedAndOnlyScenarios()
    {
        var names = ScenarioFiles.All().Select(file => Path.GetRelativePath(ScenarioFiles.Folder, file)).ToList();

        Assert.Contains("orw.json", names);
        Assert.DoesNotContain("hello.txt", names);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public void Find_NameOfTheProgramsOwn_IsItsFile() => Assert.Equal(Path.Combine(ScenarioFiles.Folder, "hello.json"), ScenarioFiles.Find("hello"));

    [Fact]
    public void Find_File_IsItsFullPath()
    {
        var file = _folder.AddFile("mine.json", "{}");

        Assert.Equal(file, ScenarioFiles.Find(file));
        Assert.Equal(file, ScenarioFiles.Find(Path.GetRelativePath(Environment.CurrentDirectory, file)));
    }

    [Fact]
    public void Find_NameOfBoth_IsTheProgramsOwn()
    {
        _folder.AddFile("hello", "{}");

        InFolder(() =>
        {
            Assert.Equal(Path.Combine(ScenarioFiles.Folder, "hello.json"), ScenarioFiles.Find("hello"));
            Assert.Equal(_folder["hello"], ScenarioFiles.Find("./hello"));
        });
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("../scenarios/hello")]
    [InlineData("/proc")]
    [InlineData("")]
    public void Find_Neither_ListsTheProgramsOwn(string name)
    {
        var problem = Assert.Single(Assert.Throws<ConfigurationException>(() => ScenarioFiles.Find(name)).Problems);

        Assert.StartsWith($"--scenario {name}: neither a scenario of the program (", problem, StringComparison.Ordinal);
        Assert.Contains(", hello, ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_RelativePath_IsFirstBesideTheScenario()
    {
        const string Relative = "config/appsettings.json";
        var beside = _folder.AddFile($"scenarios/{Relative}", "");

        Assert.Equal(beside, ScenarioFiles.Resolve(Relative, _folder["scenarios/mine.json"]));
        Assert.Equal(Path.Combine(AppContext.BaseDirectory, Relative), ScenarioFiles.Resolve(Relative, _folder["mine.json"]));
    }

    [Fact]
    public void Resolve_NowhereElse_IsInTheCurrentFolder()
    {
        var file = _folder.AddFile("only-here.bin", "");

        InFolder(() => Assert.Equal(file, ScenarioFiles.Resolve("only-here.bin", _folder["scenarios/mine.json"])));
    }

    [Fact]
    public void Resolve_AbsolutePath_IsThatOrNothing()
    {
        _folder.AddFile("etc/file", "");

        Assert.Equal("/proc", ScenarioFiles.Resolve("/proc", _folder["mine.json"]));
        Assert.Null(ScenarioFiles.Resolve("/no/such/file", _folder["mine.json"]));
        Assert.Null(ScenarioFiles.Resolve("no/such/file", _folder["mine.json"]));
    }

    private void InFolder(Action action)
    {
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = _folder.Root;
        try
        {
            action();
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }
}
