using System.Diagnostics.CodeAnalysis;

namespace Akka.Dispatch;

/// <summary>
/// One background thread for one actor, from its creation to its stop: the only kind of actor whose handlers may block.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose handle nobody asked for holds nothing that needs disposing.")]
internal sealed class PinnedDispatcher : MessageDispatcher
{
    // Hosts run thousands of these threads, so less than .NET's 1.5 MiB of address space; only pages that are touched cost
    // memory. Not less than this: .NET needs some 20 KiB for every exception rethrown inside a catch.
    private const int StackBytes = 512 * 1024;

    // At most one permit is ever out, because a mailbox is scheduled once per turn.
    private readonly SemaphoreSlim _turn = new(0);
    private Mailbox? _mailbox;

    public override void Start(string actorName) =>
        new Thread(RunUntilClosed, StackBytes) { IsBackground = true, Name = actorName }.UnsafeStart();

    public override void Schedule(Mailbox mailbox)
    {
        _mailbox = mailbox;
        _turn.Release();
    }

    /// <summary>Ends a started thread whose actor never came to be.</summary>
    public void Abandon() => _turn.Release();

    private void RunUntilClosed()
    {
        do
        {
            _turn.Wait();
            _mailbox?.Run();
        }
        while (_mailbox is { IsClosed: false });
    }
}
