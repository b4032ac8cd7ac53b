using KvmActors.Actors.Specs;
using KvmActors.Linux.Files;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Streams;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// Closes what the last guest had open and opens the gate for the next; answered with <see cref="GuestOpened"/> or
/// <see cref="GuestOpenFailed"/>.
/// </summary>
/// <param name="Console">The guest's standard streams.</param>
/// <param name="Log">Where to note the calls that found the gate taken; null when nobody wants to know.</param>
internal sealed record OpenGuest(GuestConsole Console, OperationLog? Log)
{
    /// <summary>What the guest has of its own; null when it is as described.</summary>
    public GuestStart? Own { get; init; }

    /// <summary>What it may use of its files, and has used.</summary>
    public FileQuotas Quotas { get; init; } = new(new FileLimits(), Console.Budget);
}

/// <summary>The guest's calls are served from now on.</summary>
internal sealed record GuestOpened
{
    public static GuestOpened Instance { get; } = new();
}

/// <summary>What the guest is to see of the host's files cannot be opened.</summary>
/// <param name="Message">Why, in one line.</param>
internal sealed record GuestOpenFailed(string Message);

/// <summary>A vCPU found the gate taken and waits to be let in.</summary>
/// <param name="Turn">What it waits for.</param>
internal sealed record EnterGate(GateTurn Turn);

/// <summary>Whoever was inside the gate has left it, and somebody waits.</summary>
internal sealed record GateFreed
{
    public static GateFreed Instance { get; } = new();
}
