using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Files;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// Owns what a VM's program has at the host: opens it for each guest, closes it after, and lets in, in order of arrival, the vCPUs
/// that found the gate taken. Its end is the end of the VM: it closes everything and stops the vCPUs.
/// Closed → (OpenGuest) open → (OpenGuest, once the gate is retired) open for the next guest.
/// </summary>
internal sealed class HypercallActor : ReceiveActor
{
    private readonly VmSpec _spec;
    private readonly GuestMemory _memory;
    private readonly VirtualClock? _clock;
    private readonly GuestRandom? _random;
    private readonly VcpuPool? _vcpus;
    private readonly SyscallGate _gate;
    private readonly VmStopSignal _stop;
    private readonly ThreadSandbox? _sandbox;
    private readonly Queue<GateTurn> _turns = new();
    private FileNamespace? _names;

    public HypercallActor(
        VmSpec spec, GuestMemory memory, SyscallGate gate, VmStopSignal stop, ActorFaults? faults = null, ThreadSandbox? sandbox = null, VirtualClock? clock = null, GuestRandom? random = null,
        VcpuPool? vcpus = null)
    {
        faults?.Check(nameof(HypercallActor));
        _spec = spec;
        _memory = memory;
        _clock = clock;
        _random = random;
        _vcpus = vcpus;
        _gate = gate;
        _stop = stop;
        _sandbox = sandbox;
        Receive<OpenGuest>(message =>
        {
            faults?.Check(nameof(HypercallActor), nameof(OpenGuest));
            Open(message);
        });
        Receive<EnterGate>(message =>
        {
            faults?.Check(nameof(HypercallActor), nameof(EnterGate));
            _turns.Enqueue(message.Turn);
            LetIn();
        });
        Receive<GateFreed>(_ => LetIn());
    }

    protected override void PostStop()
    {
        _stop.Request();
        _gate.Close();
        _names?.Dispose();
    }

    private void Open(OpenGuest message)
    {
        try
        {
            var args = _spec.Machine.Args;
            _names ??= FileNamespace.Open(_spec.Files, args.Count > 0 ? args[0] : null, _sandbox);
            IReadOnlyList<ProvidedFile> provided = message.Own is { Files: [_, ..] own } ? [.. _spec.ProvidedFiles, .. own] : _spec.ProvidedFiles;
            _names.Provide(provided);
            WakeBy(message.Own?.InputStream, isWritten: false);
            foreach (var file in provided)
            {
                WakeBy(file.Stream, file.IsWritten);
            }

            var input = _spec.InheritsInput ? null : new GuestInput(message.Own?.Input ?? _spec.Machine.Input);
            SyscallService Make() => SyscallService.For(
                _memory, _names, message.Quotas, input, message.Console, _clock, _random, _spec.Directory, _vcpus, message.Own?.InputStream);
            _gate.Open(Make(), message.Log, Make);
            Context.GetLogger().Debug("serves the calls of {0}", message.Console.Vm);
            Sender.Tell(GuestOpened.Instance);
        }
        catch (Exception e)
        {
            if (e is not IOException)
            {
                Context.GetLogger().Error(e, "the guest's files could not be opened for a reason that nobody foresaw");
            }

            Sender.Tell(new GuestOpenFailed(e.Message.ReplaceLineEndings(" ")));
        }
    }

    // Whoever has the other end may be any thread.
    private void WakeBy(StreamBuffer? stream, bool isWritten)
    {
        if (stream is null || _vcpus is not { } vcpus)
        {
            return;
        }

        if (isWritten)
        {
            stream.WakeWriter = vcpus.WakeAll;
        }
        else
        {
            stream.WakeReader = vcpus.WakeAll;
        }
    }

    private void LetIn()
    {
        while (_turns.TryPeek(out var first) && _gate.TryLetIn(first))
        {
            _turns.Dequeue();
        }
    }
}
