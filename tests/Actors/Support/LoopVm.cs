using KvmActors.Actors.Devices;
using KvmActors.Actors.Files;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Output;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Memory;

namespace KvmActors.Tests.Support;

/// <summary>A VM whose first vCPU's loop runs on the test's thread, with everything of the product but the actors.</summary>
internal sealed class LoopVm : IDisposable
{
    private readonly BootedVm _vm;
    private readonly FileService _files;
    private readonly VcpuLoop _loop;
    private readonly ConsoleDevice _console;
    private readonly DeviceBoard _devices;

    /// <param name="spec">What to run.</param>
    /// <param name="output">Where its output goes; <see cref="Output"/> when left out.</param>
    /// <param name="recording">What to keep of its exits; null for nothing.</param>
    public LoopVm(VmSpec spec, IGuestOutput? output = null, RecordingOptions? recording = null)
    {
        _vm = new BootedVm(spec);
        var console = new GuestConsole("vm", output ?? Output, spec.Limits.BytesWritten);
        var input = new GuestInput(spec.Input);
        _files = new FileService(Memory, spec.Files, spec.Limits, input, console);
        _devices = new DeviceBoard(spec.Devices, input, _vm.Vm);
        _console = new ConsoleDevice(console, spec.Devices);
        var vcpu = _vm.Vcpus[0];
        var recorder = recording is null ? null : new ExitRecorder(recording, 0, Memory);
        Hypercalls = new HypercallHandler(vcpu, Memory, new FileQueue(_files), Stop, Statistics) { Recorder = recorder };
        _loop = new VcpuLoop(vcpu, new ExitDispatcher(vcpu, Memory, _devices, _console, Hypercalls), Hypercalls, Stop, Statistics, Sampler) { Recorder = recorder };
    }

    public GuestMemory Memory => _vm.Memory;

    public RecordingOutput Output { get; } = new();

    public VmStopSignal Stop { get; } = new();

    public ExitStatistics Statistics { get; } = NewStatistics();

    // No exit is slow: how long one takes is the machine's affair.
    public ExitSampler Sampler { get; } = new(new ExitSamplingOptions { SlowerThan = TimeSpan.FromHours(1) }, capacity: 100);

    public HypercallHandler Hypercalls { get; }

    // As a vCPU's actor makes them.
    private static ExitStatistics NewStatistics()
    {
        HistogramRows.Shared.Refill();
        return new ExitStatistics(HistogramRows.Shared);
    }

    /// <summary>Runs the vCPU to its end.</summary>
    public VcpuEnd Run()
    {
        var end = _loop.Run();
        _console.Flush();
        return end;
    }

    public T Read<T>(ulong address)
        where T : unmanaged => _vm.Read<T>(address);

    public void Write<T>(ulong address, T value)
        where T : unmanaged => Assert.True(Memory.TryWrite(new GuestPhysAddr(address), value));

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(Memory.TryWriteBytes(new GuestPhysAddr(address), bytes));

    public void Dispose()
    {
        _files.Dispose();
        _vm.Dispose();
        _devices.Dispose();
        Stop.Dispose();
    }
}
