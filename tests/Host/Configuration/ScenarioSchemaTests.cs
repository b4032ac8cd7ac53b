using System.Text.Json;
using KvmActors.Host.CommandLine;
using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Layout.Tests;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Configuration;

public sealed class ScenarioSchemaTests : IDisposable
{
    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly TempFolder _folder = new();
    private readonly JsonSchema _schema = new(JsonDocument.Parse(ScenarioSchema.Text).RootElement);

    public static TheoryData<string> Scenarios => [.. ScenarioFiles.All().Select(file => Path.GetFileNameWithoutExtension(file))];

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Needs", "Repository")]
    public void File_OfTheSchema_IsWhatTheOptionsSay()
    {
        var file = Path.Combine(Repository.Root, "config", "scenario.schema.json");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, ScenarioSchema.Text);
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == ScenarioSchema.Text,
            $"{file} is not what the options say. Run this test with UPDATE_DOCS=1 in the environment, and commit the file.");
    }

    [Fact]
    public void Text_EveryKey_IsDescribed()
    {
        var definitions = JsonDocument.Parse(ScenarioSchema.Text).RootElement;
        var keys = definitions.GetProperty("$defs").EnumerateObject().Select(definition => definition.Value).Append(definitions)
            .SelectMany(definition => definition.GetProperty("properties").EnumerateObject());

        Assert.All(keys, key => Assert.NotEmpty(key.Value.GetProperty("description").GetString()!));
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_OfTheProgram_IsAllowedAndNamesTheSchema(string name)
    {
        var file = ScenarioFiles.Find(name);
        using var scenario = JsonDocument.Parse(File.ReadAllText(file), WithComments);

        Assert.True(_schema.Allows(scenario.RootElement));
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(file)!, scenario.RootElement.GetProperty("$schema").GetString()!)));
    }

    /// <summary>
    /// What reading refuses, because it is not what belongs there, the schema refuses; and what the schema refuses, does not run.
    /// Validators know more than a schema can say, so the reverse need not be.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Schema_AndProgram_AgreeOnRandomScenarios(int seed)
    {
        File.WriteAllBytes(_folder["image.bin"], [0xF4]);
        var choice = new RandomScenario(seed);
        var (allowed, refused, taken) = (0, 0, 0);
        for (var count = 0; count < 1000; count++)
        {
            var text = choice.Next();
            var file = _folder.AddFile("scenario.json", text);
            using var json = JsonDocument.Parse(text);
            var isAllowed = _schema.Allows(json.RootElement);
            var misread = Misread(file);
            var problems = Problems(file);

            Assert.True(misread.Count == 0 || !isAllowed, $"the schema allows what is not read:\n{text}\n{string.Join('\n', misread)}");
            Assert.True(isAllowed || problems.Count > 0, $"the schema refuses what may run:\n{text}");
            (allowed, refused, taken) = (allowed + (isAllowed ? 1 : 0), refused + (isAllowed ? 0 : 1), taken + (problems.Count == 0 ? 1 : 0));
        }

        Assert.True(allowed > 50 && refused > 50 && taken > 5, $"{allowed} allowed, {refused} refused, {taken} taken");
    }

    private static IReadOnlyList<string> Misread(string file)
    {
        var problems = new Problems();
        new OptionsReader(problems.Add).Read<FileSections>("", ProgramConfiguration.ReadFile(file));
        return problems.Lines();
    }

    private static IReadOnlyList<string> Problems(string file)
    {
        try
        {
            CheckCommand.Check(file, []);
            return [];
        }
        catch (ConfigurationException e)
        {
            return e.Problems;
        }
    }
}
