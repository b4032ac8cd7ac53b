using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <summary>A virtual machine in software: its memory, its doorbells, its processors.</summary>
/// <param name="isDeterministic">Whether time and chance are its own, so that every run is the same.</param>
internal sealed class SoftwareMachine(bool isDeterministic) : IVirtualMachine, IPorts
{
    private readonly PhysicalMemory _memory = new();
    private readonly Dictionary<(ushort Port, int Size), EventFd> _doorbells = [];
    private readonly List<SoftwareProcessor> _processors = [];
    private readonly Lock _gate = new();
    private RunSettings? _run;
    private long _executed;

    /// <summary>How its processors take turns; null where each runs as its thread does.</summary>
    public Turns? Turns { get; private set; }

    /// <summary>Instructions that its guest came to and nothing executes.</summary>
    public UnknownInstructions Unknown { get; } = new();

    /// <inheritdoc/>
    public VirtualClock? Clock { get; } = isDeterministic ? new VirtualClock() : null;

    /// <inheritdoc/>
    public RunTrace? Trace => _run is null ? null : new RunTrace(Volatile.Read(ref _executed), Exits?.Text) { UnknownInstructions = Unknown.ByName };

    /// <summary>What the run was, exit by exit; null where its processors take no turns.</summary>
    public ExitTrace? Exits { get; private set; }

    /// <summary>How many instructions its processors may still execute. Exact for whoever has the turn.</summary>
    public ulong InstructionsLeft => _run?.MaxInstructions is { } most ? (ulong)Math.Max(0, most - Volatile.Read(ref _executed)) : ulong.MaxValue;

    /// <inheritdoc/>
    public void MapMemory(GuestMemory memory) => _memory.Add(memory.Slots);

    /// <inheritdoc/>
    public void Begin(RunSettings settings)
    {
        _run = settings;
        _executed = 0;
        Clock?.Restart();
        Unknown.Clear();
        var takesTurns = Clock is not null && settings.TakesTurns;
        Turns = takesTurns ? new Turns(settings.Vcpus, Clock!) : null;
        Exits = takesTurns ? new ExitTrace() : null;
        lock (_gate)
        {
            NoteSharing();
            foreach (var processor in _processors)
            {
                processor.Begin(settings.Seed);
            }
        }
    }

    /// <summary>Counts what a processor has executed, and lets so much time pass.</summary>
    public void Count(ulong instructions)
    {
        Interlocked.Add(ref _executed, (long)instructions);
        Clock?.Advance((long)instructions);
    }

    /// <inheritdoc/>
    public IVcpu CreateVcpu(int index)
    {
        var processor = new SoftwareProcessor(index, _memory, this);
        processor.Begin(_run?.Seed ?? 0);
        lock (_gate)
        {
            _processors.Add(processor);
            NoteSharing();
        }

        return processor;
    }

    /// <inheritdoc/>
    public void AddDoorbell(ushort port, int size, EventFd signal)
    {
        if (!_doorbells.TryAdd((port, size), signal))
        {
            throw new SystemCallException("adding a doorbell", Errno.EEXIST, $"port 0x{port:x}");
        }
    }

    /// <inheritdoc/>
    public bool TryCoalesce(ushort port) => false;

    /// <inheritdoc/>
    public void ForgetPageTables()
    {
        lock (_gate)
        {
            foreach (var processor in _processors)
            {
                processor.ForgetPageTables();
            }
        }
    }

    /// <inheritdoc/>
    public void FlushOthers(int vcpu)
    {
        SoftwareProcessor[] others;
        lock (_gate)
        {
            others = [.. _processors.Where(processor => processor.Index != vcpu)];
        }

        foreach (var other in others)
        {
            other.RequestFlush();
        }

        foreach (var other in others)
        {
            other.AwaitFlush();
        }
    }

    /// <inheritdoc/>
    public void Expect(int vcpu, bool isComing)
    {
        if (isComing)
        {
            Turns?.Join(vcpu);
        }
        else
        {
            Turns?.Leave(vcpu);
        }
    }

    /// <summary>Forgets a processor that is gone.</summary>
    public void Forget(SoftwareProcessor processor)
    {
        lock (_gate)
        {
            _processors.Remove(processor);
        }
    }

    /// <inheritdoc/>
    public bool TryRing(ushort port, int size)
    {
        if (_doorbells.Count == 0 || !_doorbells.TryGetValue((port, size), out var signal))
        {
            return false;
        }

        signal.Signal();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing but managed memory; what was mapped is the caller's.
    }

    // From the second on they may run at the same time, unless they take turns.
    private void NoteSharing() => _memory.IsShared = _processors.Count > 1 && Turns is null;
}
