namespace KvmActors;

/// <summary>Guests that are run together, each to its end.</summary>
public sealed record GuestScenario
{
    /// <summary>What it is called, for spans and messages.</summary>
    public string Name { get; init; } = "scenario";

    /// <summary>What to run, and how often each.</summary>
    public required IReadOnlyList<GuestInstances> Guests { get; init; }

    /// <summary>How many of them exist at once, at least 1; the others wait.</summary>
    public int MaxConcurrency { get; init; } = 16;

    /// <summary>
    /// Called with what guests write to their standard output and error, one piece after the other, on a thread of the host's: it takes what it
    /// wants and returns soon. Null when nobody wants it.
    /// </summary>
    public Action<GuestOutputPiece>? Output { get; init; }
}

/// <summary>A program of a scenario, and how many guests run it.</summary>
/// <param name="Program">The program; its pool and its functions mean nothing here.</param>
/// <param name="Count">How many guests, at least 1.</param>
public sealed record GuestInstances(GuestProgram Program, int Count = 1);

/// <summary>Something that a scenario's guest wrote.</summary>
/// <param name="Guest">The guest: its program's name, and its number among those of this program.</param>
/// <param name="IsError">Whether it wrote it to its standard error.</param>
/// <param name="Bytes">What it wrote.</param>
public sealed record GuestOutputPiece(string Guest, bool IsError, ReadOnlyMemory<byte> Bytes);

/// <summary>What became of a scenario.</summary>
/// <param name="Guests">Its guests, in the scenario's order; when it was cancelled, those that had started.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Problem">Why it could not go on; null when nothing but guests failed.</param>
public sealed record GuestScenarioResult(IReadOnlyList<GuestResult> Guests, TimeSpan Duration, string? Problem)
{
    /// <summary>Whether all guests ended as ones that work do.</summary>
    public bool IsSuccess => Problem is null && Guests.All(guest => guest.IsSuccess);
}
