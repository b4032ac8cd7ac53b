using KvmActors.Host.Configuration;

namespace KvmActors.Host.Tests.Configuration;

public sealed class PlaceholdersTests
{
    private static readonly string[] Known = ["index", "size"];

    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("{index}", "<index>")]
    [InlineData("a{index}b{size}c", "a<index>b<size>c")]
    [InlineData("{{index}}", "{index}")]
    [InlineData("{{{index}}}", "{<index>}")]
    [InlineData("{{}}", "{}")]
    public void Fill_Text_HasTheValues(string text, string expected)
    {
        Placeholders.Find(text, Known, out var problem);

        Assert.Null(problem);
        Assert.Equal(expected, Placeholders.Fill(text, name => $"<{name}>"));
    }

    [Theory]
    [InlineData("{mode}", "{mode} is unknown; use one of {index}, {size}, or {{ and }} for braces")]
    [InlineData("{}", "a { or } stands alone")]
    [InlineData("{Index}", "{Index} is unknown")]
    [InlineData("{", "a { or } stands alone; write {{ or }} for one")]
    [InlineData("}", "a { or } stands alone")]
    [InlineData("a } b", "a { or } stands alone")]
    [InlineData("{index", "a { or } stands alone")]
    [InlineData("{{index}", "a { or } stands alone")]
    public void Find_WhatMeansNothing_IsSaid(string text, string said)
    {
        Placeholders.Find(text, Known, out var problem);

        Assert.StartsWith(said, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_Names_AreThoseInTheText() => Assert.Equal(["size", "index"], Placeholders.Find("{size}-{{x}}-{index}", Known, out _));
}
