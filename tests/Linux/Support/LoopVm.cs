using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Support;

/// <summary>A machine whose only vCPU runs on the test's own thread, and whose hypercalls are served.</summary>
internal sealed class LoopVm : IDisposable
{
    private readonly SyscallGate _gate = new(new NoQueue());
    private readonly SessionVm _vm;

    public LoopVm(MachineSpec spec, IGuestOutput? output = null, RecordingOptions? recording = null, IReadOnlyList<FileMapping>? files = null) =>
        _vm = new SessionVm(
            spec,
            (memory, console) =>
            {
                _gate.Open(SyscallService.OpenFor(memory, files ?? [], new FileLimits(), new GuestInput(spec.Input), console));
                return new VcpuSessionOptions { Recording = recording, Hypercalls = context => new HypercallHandler(context, _gate) };
            },
            output);

    public GuestMemory Memory => _vm.Memory;

    public RecordingOutput Output => _vm.Output;

    public VmStopSignal Stop => _vm.Stop;

    public ExitStatistics Statistics => _vm.Statistics;

    public ExitSampler Sampler => _vm.Sampler;

    public VcpuEnd Run() => _vm.Run();

    public T Read<T>(ulong address)
        where T : unmanaged => _vm.Read<T>(address);

    public void Write<T>(ulong address, T value)
        where T : unmanaged => _vm.Write(address, value);

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => _vm.Write(address, bytes);

    public void Dispose()
    {
        _gate.Close();
        _vm.Dispose();
    }
}

/// <summary>There is one vCPU, so nobody ever finds the gate taken.</summary>
internal sealed class NoQueue : ISyscallQueue
{
    public void Enqueue(GateTurn turn) => throw new InvalidOperationException("The gate was taken.");

    public void GateFreed() => throw new InvalidOperationException("Nobody waits.");
}
