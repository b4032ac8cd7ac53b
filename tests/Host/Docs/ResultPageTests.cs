using System.Text.Json.Serialization.Metadata;
using KvmActors.Actors.Specs;
using KvmActors.Host.Output;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests.Docs;

/// <summary>docs/results.md has every field that can be written, and every word that stands for something.</summary>
[Trait("Needs", "Repository")]
public sealed class ResultPageTests
{
    private const string Page = "docs/results.md";

    [Fact]
    public void Page_HasEveryField()
    {
        var names = Pages.NamesOn(Page);
        var fields = FieldsOf(ResultJsonContext.Default.ResultDocument, "", []).ToList();

        Assert.True(fields.Count > 70, "the results' types were not found");
        Assert.All(fields, field => Assert.True(
            names.Contains(field.Name), $"{Page} does not tell of the field {field.Path}: add a row for `{field.Name}`, with its type and what it holds"));
    }

    [Theory]
    [InlineData(typeof(VmOutcome))]
    [InlineData(typeof(VcpuEndKind))]
    [InlineData(typeof(VmStart))]
    public void Page_HasEveryWord(Type words)
    {
        var names = Pages.NamesOn(Page);

        Assert.All(Enum.GetNames(words), word => Assert.True(names.Contains(word), $"{Page} does not say what `{word}` means ({words.Name})"));
    }

    private static IEnumerable<(string Path, string Name)> FieldsOf(JsonTypeInfo type, string path, HashSet<Type> seen)
    {
        if (!seen.Add(type.Type))
        {
            yield break;
        }

        foreach (var property in type.Properties)
        {
            yield return ($"{path}{property.Name}", property.Name);
        }

        foreach (var property in type.Properties)
        {
            var inner = property.PropertyType;
            while (inner.IsGenericType)
            {
                inner = inner.GetGenericArguments()[^1];
            }

            if (property.CustomConverter is null && inner.Namespace!.StartsWith("KvmActors", StringComparison.Ordinal)
                && type.Options.GetTypeInfo(inner) is { Kind: JsonTypeInfoKind.Object } further)
            {
                foreach (var field in FieldsOf(further, $"{path}{property.Name}.", seen))
                {
                    yield return field;
                }
            }
        }
    }
}
