using System.Xml.Linq;

namespace KvmActors.Layout.Tests;

/// <summary>What the projects below src reference: never a room above, and below the actors no package but the decoder.</summary>
[Trait("Needs", "Repository")]
public sealed class ProjectTests
{
    public static TheoryData<string> AllRooms => [.. Rooms.All];

    [Fact]
    public void Folders_OfSrc_AreTheRoomsOfTheDrawing()
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName)
            .Where(name => name != "Generators" && !name!.StartsWith("Akka.", StringComparison.Ordinal));

        Assert.Equal(Rooms.All.Order(StringComparer.Ordinal), folders.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void References_OfARoom_ArePointingDown(string room) => Assert.All(ReferencesOf(room), used =>
        Assert.True(Rooms.MayUse(room, used), $"src/{room}/{room}.csproj references {used}, which is not below it."));

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void Packages_OfARoomWithoutActors_AreTheFewItNeeds(string room)
    {
        var project = Project(room);
        if (!Rooms.MayUseActors(room))
        {
            // The processor in software decodes instructions, and hashes what it did; what helps tests is for xunit.
            string[] allowed = room switch { "Software" => ["Iced", "System.IO.Hashing"], "Testing" => ["xunit.extensibility.core"], _ => [] };
            Assert.Equal(allowed, project.Descendants("PackageReference").Select(reference => (string)reference.Attribute("Include")!));
            Assert.Empty(project.Descendants("UsesActors"));
        }
    }

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void UnsafeCode_IsAllowedInInteropAlone(string room) =>
        Assert.Equal(room == "Interop", Project(room).Descendants("AllowUnsafeBlocks").Any(allowed => (bool)allowed));

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void Trimming_OfAllThatProgramsEmbed_IsAnalyzed(string room) =>
        Assert.Equal(room is not ("Host" or "Testing"), Project(room).Descendants("IsAotCompatible").Any(compatible => (bool)compatible));

    private static IEnumerable<string> ReferencesOf(string room) => Project(room).Descendants("ProjectReference")
        .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
        .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

    private static XDocument Project(string room) => XDocument.Load(Path.Combine(Repository.Root, "src", room, room + ".csproj"));
}
