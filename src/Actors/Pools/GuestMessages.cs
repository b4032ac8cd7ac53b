using KvmActors.Actors.Specs;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Pools;

/// <summary>Guests that are started one by one, all of one description.</summary>
/// <param name="Vm">The description.</param>
public sealed record GuestPoolSpec(VmSpec Vm)
{
    /// <summary>How many guests may run at once, at least 1; others wait.</summary>
    public int MaxGuests { get; init; } = 1024;

    /// <summary>How many VMs without a guest are kept ready for the next ones, from 0; none where VMs start cold.</summary>
    public int IdleVms { get; init; }

    /// <summary>How long a VM that was told to end may take over it, more than 0; then it is not waited for.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether VMs start though together they may touch more memory than the host has left.</summary>
    public bool OvercommitsMemory { get; init; }
}

/// <summary>Starts a guest.</summary>
/// <param name="Id">What it is called; no other guest of the pool is.</param>
/// <param name="Own">What it has of its own.</param>
/// <param name="Ended">Set when it has ended, however; its continuations must run elsewhere.</param>
public sealed record StartGuest(string Id, GuestStart Own, TaskCompletionSource<VmEnded> Ended);

/// <summary>Ends a guest early; it still has its result. Nothing where it has ended.</summary>
/// <param name="Id">The guest.</param>
public sealed record CancelGuest(string Id);

/// <summary>Has a guest stand still. Nothing where it does not run.</summary>
/// <param name="Id">The guest.</param>
/// <param name="Paused">Called with its memory when it does; on any thread, a vCPU's among them, and never when it ends before.</param>
public sealed record PauseGuest(string Id, Action<GuestMemory> Paused);

/// <summary>Has it go on.</summary>
/// <param name="Id">The guest.</param>
public sealed record ResumeGuest(string Id);

/// <summary>Ends all guests and starts no other; the pool's actor is gone afterwards.</summary>
public sealed record ClosePool
{
    /// <summary>The only one.</summary>
    public static ClosePool Instance { get; } = new();
}
