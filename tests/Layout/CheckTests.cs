namespace KvmActors.Layout.Tests;

/// <summary>The checks themselves: that each finds what it is there for.</summary>
public sealed class CheckTests
{
    private static readonly HashSet<string> Known =
        ["KvmActors.Machine.Devices", "KvmActors.Machine.Vm", "KvmActors.Machine.Processor", "KvmActors.Interop.Memory", "KvmActors.Host"];

    [Theory]
    [InlineData("Machine", "Linux")]
    [InlineData("Interop", "Machine")]
    [InlineData("Linux", "Actors")]
    [InlineData("Linux", "Software")]
    [InlineData("Software", "Linux")]
    [InlineData("Actors", "Host")]
    [InlineData("Machine", "Machine")]
    public void MayUse_ARoomThatIsNotBelow_IsFalse(string room, string used) => Assert.False(Rooms.MayUse(room, used));

    [Theory]
    [InlineData("Machine", "Interop")]
    [InlineData("Host", "Interop")]
    [InlineData("Actors", "Software")]
    public void MayUse_ARoomBelow_IsTrue(string room, string used) => Assert.True(Rooms.MayUse(room, used));

    [Fact]
    public void Parse_AFile_FindsUsingsAndQualifiedNamesButNoCommentsAndTexts()
    {
        var file = SourceFile.Parse(
            "src/Machine/Devices/File.cs",
            """
            using System.Text;
            using KvmActors.Machine.Vm;
            using static KvmActors.Machine.Processor.IVcpu;

            namespace KvmActors.Machine.Devices;

            // KvmActors.Host.Nothing
            /// <see cref="Host.Nothing"/>
            class File { Interop.Memory.GuestMemory Memory; string Text = "Host.Program"; bool B => vm.Machine.Vm; }
            """,
            Known);

        Assert.Equal("KvmActors.Machine.Devices", file.Namespace);
        Assert.Equal(["KvmActors.Interop.Memory", "KvmActors.Machine.Processor", "KvmActors.Machine.Vm"], file.Used.Order(StringComparer.Ordinal));
        Assert.Equal(["File"], file.Declared);
        Assert.DoesNotContain("Nothing", file.Words);
    }

    [Fact]
    public void FindCircle_OfUsingsInACircle_NamesIt()
    {
        var graph = NamespaceTests.GraphOf(
        [
            File("KvmActors.Machine.Devices", "KvmActors.Machine.Processor"),
            File("KvmActors.Machine.Processor", "KvmActors.Machine.Vm"),
            File("KvmActors.Machine.Vm", "KvmActors.Machine.Devices"),
        ]);

        Assert.Equal("KvmActors.Machine.Devices → KvmActors.Machine.Processor → KvmActors.Machine.Vm → KvmActors.Machine.Devices", graph.FindCircle());
    }

    [Fact]
    public void FindCircle_OfANamespaceAndOneInsideItThatUseEachOther_NamesIt()
    {
        var outer = File("KvmActors.Host", "KvmActors.Host.Output") with { Declared = ["Units"] };
        var inner = File("KvmActors.Host.Output") with { Words = new HashSet<string> { "Units" } };

        Assert.Equal("KvmActors.Host → KvmActors.Host.Output → KvmActors.Host", NamespaceTests.GraphOf([outer, inner]).FindCircle());
        Assert.Null(NamespaceTests.GraphOf([outer, File("KvmActors.Host.Output")]).FindCircle());
    }

    [Fact]
    public void FindCircle_OfUsingsThatPointDown_IsNull() => Assert.Null(
        NamespaceTests.GraphOf([File("A.B", "A.C"), File("A.B", "A.D"), File("A.C", "A.D"), File("A.D")]).FindCircle());

    private static SourceFile File(string name, params string[] used) => new("", name, used, [], new HashSet<string>());
}
