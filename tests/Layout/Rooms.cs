namespace KvmActors.Layout.Tests;

/// <summary>
/// The rooms of the program, each a project below <c>src</c>, and what each may use: the drawing of README.md and
/// docs/design.md.
/// </summary>
internal static class Rooms
{
    /// <summary>From the bottom up; a room uses only rooms of a lower floor.</summary>
    private static readonly string[][] Floors = [["Interop"], ["Machine"], ["Linux", "Software"], ["Actors"], ["Library"], ["Host", "Testing"]];

    /// <summary>Those that know of actors.</summary>
    private static readonly string[] WithActors = ["Actors", "Library", "Host"];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => Floors.SelectMany(floor => floor);

    /// <summary>Whether a room may use another.</summary>
    public static bool MayUse(string room, string used) => FloorOf(used) < FloorOf(room);

    /// <summary>Whether a room may know of actors.</summary>
    public static bool MayUseActors(string room) => WithActors.Contains(room);

    private static int FloorOf(string room) => Array.FindIndex(Floors, floor => floor.Contains(room)) is var floor and >= 0
        ? floor
        : throw new ArgumentException($"There is no room {room} in the drawing.", nameof(room));
}
