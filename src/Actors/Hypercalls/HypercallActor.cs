using System.Diagnostics;
using Akka.Actor;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Vm;

namespace KvmActors.Actors.Hypercalls;

/// <summary>A file operation that found the queue taken; answered with <see cref="FileReply"/>.</summary>
/// <param name="Request">What to do.</param>
internal sealed record FileCall(FileRequest Request);

/// <summary>What a guest's call returns.</summary>
/// <param name="Outcome">What became of it.</param>
internal sealed record FileReply(FileOutcome Outcome)
{
    /// <summary>A value from 0, or a negative errno.</summary>
    public long Result => Outcome.Result;
}

/// <summary>Whoever was inside the file queue has left it.</summary>
internal sealed record FileQueueFreed
{
    public static FileQueueFreed Instance { get; } = new();
}

/// <summary>
/// Owns a VM's open files and serves, in order of arrival, the operations that could not run on their vCPU's thread. Its end
/// is the end of the VM: it closes the files and stops the vCPUs.
/// </summary>
internal sealed class HypercallActor : ReceiveActor
{
    private readonly FileQueue _queue;
    private readonly VmStopSignal _stop;
    private readonly Queue<(FileRequest Request, IActorRef Asker)> _calls = new();

    public HypercallActor(FileQueue queue, VmStopSignal stop)
    {
        _queue = queue;
        _stop = stop;
        Receive<FileCall>(call =>
        {
            _calls.Enqueue((call.Request, Sender));
            ServeWaiting();
        });
        Receive<FileQueueFreed>(_ => ServeWaiting());
    }

    protected override void PostStop()
    {
        _stop.Request();
        _queue.Close();
    }

    private void ServeWaiting()
    {
        while (_calls.Count > 0 && _queue.TryEnterForWaiter())
        {
            var (request, asker) = _calls.Dequeue();
            try
            {
                var started = Stopwatch.GetTimestamp();
                var outcome = _queue.Service.Serve(request);
                _queue.Log?.Add(new RecordedOperation(request.Id, started, Stopwatch.GetTimestamp(), outcome.Result));
                asker.Tell(new FileReply(outcome));
            }
            finally
            {
                // Also when the operation failed in a way nobody foresaw: the queue must not stay taken.
                _queue.RemoveWaiter();
                _queue.Leave();
            }
        }
    }
}
