using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Vm;

namespace KvmActors.Machine.Tests.Support;

/// <summary>A machine whose only vCPU runs on the test's own thread, with all that serves and counts its exits.</summary>
internal sealed class SessionVm : IDisposable
{
    private readonly VirtualMachine _vm;
    private readonly IVcpu _vcpu;

    public SessionVm(MachineSpec spec, VcpuSessionOptions? options = null, IGuestOutput? output = null, long bytesWritten = 1 << 30)
        : this(spec, (_, _) => options, output, bytesWritten)
    {
    }

    /// <summary>Makes a machine whose options depend on its memory and its console.</summary>
    public SessionVm(MachineSpec spec, Func<GuestMemory, GuestConsole, VcpuSessionOptions?> options, IGuestOutput? output = null, long bytesWritten = 1 << 30)
    {
        _vm = VirtualMachine.Create(TestMachine.Hypervisor, BootPlans.For(spec));
        _vcpu = _vm.CreateVcpu(0);
        Console = new GuestConsole("vm", output ?? Output, bytesWritten);

        // No exit is slow: how long one takes is the machine's affair.
        var wanted = options(_vm.Memory, Console) ?? new VcpuSessionOptions();
        Session = new VcpuSession(_vm, _vcpu, Console, Stop, wanted with
        {
            Sampling = new ExitSamplingOptions { SlowerThan = TimeSpan.FromHours(1) },
            MaxSamples = 100,
        });
    }

    public GuestMemory Memory => _vm.Memory;

    public RecordingOutput Output { get; } = new();

    public GuestConsole Console { get; }

    public VmStopSignal Stop { get; } = new();

    public VcpuSession Session { get; }

    public ExitStatistics Statistics => Session.Statistics;

    public ExitSampler Sampler => Session.Sampler;

    public VcpuEnd Run() => Session.Run();

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Assert.True(Memory.TryRead(new GuestPhysAddr(address), out T value), $"0x{address:x} is outside memory");
        return value;
    }

    public void Write<T>(ulong address, T value)
        where T : unmanaged => Assert.True(Memory.TryWrite(new GuestPhysAddr(address), value));

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(Memory.TryWriteBytes(new GuestPhysAddr(address), bytes));

    public void Dispose()
    {
        _vcpu.Dispose();
        _vm.Dispose();
        Stop.Dispose();
    }
}
