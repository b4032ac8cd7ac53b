namespace KvmActors.Layout.Tests;

/// <summary>What the namespaces below src use: nothing in a circle, and nothing of a room above.</summary>
[Trait("Needs", "Repository")]
public sealed class NamespaceTests
{
    private static readonly Lazy<IReadOnlyList<SourceFile>> Sources =
        new(() => [.. SourceFile.ReadAll("src").Where(file => Rooms.All.Contains(RoomOf(file)))]);

    // What the library offers is in the package's namespace, so that nobody needs to know the folders.
    [Fact]
    public void Namespace_OfEveryFile_IsItsFolder() => Assert.All(
        Sources.Value.Where(file => Path.GetFileName(file.Path) != "Program.cs" && !IsOffered(file)),
        file => Assert.Equal(Path.GetDirectoryName(file.Path)!.Replace("src", SourceFile.Root, StringComparison.Ordinal).Replace('/', '.'), file.Namespace));

    [Fact]
    public void Namespace_OfEveryTest_IsItsFolder()
    {
        var files = Directory.GetDirectories(Path.Combine(Repository.Root, "tests")).Select(Path.GetFileName)
            .Where(room => room is not ("nested" or "Akka.Compat"))
            .SelectMany(room => SourceFile.ReadAll($"tests/{room}"));

        Assert.All(files, file =>
        {
            var parts = Path.GetDirectoryName(file.Path)!.Split('/')[1..];
            Assert.Equal(string.Join('.', [SourceFile.Root, parts[0], "Tests", .. parts[1..]]), file.Namespace);
        });
    }

    [Fact]
    public void Usings_OfARoom_ArePointingDown() => Assert.All(Sources.Value, file => Assert.All(file.Used, used =>
    {
        var (room, other) = (RoomOf(file), used == SourceFile.Root ? "Library" : used.Split('.')[1]);
        Assert.True(room == other || Rooms.MayUse(room, other), $"{file.Path} uses {used}, which is not below {room}.");
    }));

    [Fact]
    public void Usings_OfAkka_AreTheActorsAlone() => Assert.All(
        Sources.Value.Where(file => !Rooms.MayUseActors(RoomOf(file))),
        file => Assert.DoesNotContain("using Akka", File.ReadAllText(Path.Combine(Repository.Root, file.Path)), StringComparison.Ordinal));

    [Fact]
    public void Usings_WithinARoom_MakeNoCircle() => Assert.All(Rooms.All, room =>
        Assert.Null(GraphOf(Sources.Value.Where(file => RoomOf(file) == room && !IsOffered(file))).FindCircle()));

    internal static Graph GraphOf(IEnumerable<SourceFile> files)
    {
        var graph = new Graph();
        var all = files.Where(file => file.Namespace.Length > 0).ToList();
        foreach (var file in all)
        {
            graph.AddNode(file.Namespace);
        }

        foreach (var file in all)
        {
            foreach (var used in file.Used.Where(used => graph.Nodes.Contains(used)))
            {
                graph.Add(file.Namespace, used);
            }

            // What encloses a namespace is seen in it without any using.
            foreach (var outer in all.Where(outer => file.Namespace.StartsWith(outer.Namespace + ".", StringComparison.Ordinal)))
            {
                if (outer.Declared.Any(file.Words.Contains))
                {
                    graph.Add(file.Namespace, outer.Namespace);
                }
            }
        }

        return graph;
    }

    private static bool IsOffered(SourceFile file) => RoomOf(file) == "Library" && file.Namespace is SourceFile.Root or "Microsoft.Extensions.DependencyInjection";

    private static string RoomOf(SourceFile file) => file.Path.Split('/')[1];
}
