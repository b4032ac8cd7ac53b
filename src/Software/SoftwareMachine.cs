using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;
using KvmActors.Software.Decoding;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <summary>A virtual machine in software: its memory, its doorbells, its processors.</summary>
/// <param name="seed">What random numbers come of.</param>
internal sealed class SoftwareMachine(ulong seed) : IVirtualMachine, IPorts
{
    private readonly PhysicalMemory _memory = new();
    private readonly Dictionary<(ushort Port, int Size), EventFd> _doorbells = [];
    private readonly List<SoftwareProcessor> _processors = [];
    private readonly Lock _gate = new();

    /// <summary>How its processors take turns; null where each runs as its thread does.</summary>
    public Turns? Turns { get; private set; }

    /// <summary>Instructions that its guests met and nothing executes.</summary>
    public UnknownInstructions Unknown { get; } = new();

    /// <inheritdoc/>
    public void MapMemory(GuestMemory memory) => _memory.Add(memory.Slots);

    /// <inheritdoc/>
    public void ExpectVcpus(int count) => Turns = new Turns(count);

    /// <inheritdoc/>
    public IVcpu CreateVcpu(int index)
    {
        var processor = new SoftwareProcessor(index, _memory, this, Unknown, seed);
        lock (_gate)
        {
            _processors.Add(processor);

            // From the second on they may run at the same time, unless they take turns.
            _memory.IsShared = _processors.Count > 1 && Turns is null;
        }

        return processor;
    }

    /// <inheritdoc/>
    public void AddDoorbell(ushort port, int size, EventFd signal) => _doorbells.Add((port, size), signal);

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
}
