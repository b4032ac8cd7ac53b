using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Vm;

namespace KvmActors.Machine.Tests.Support;

/// <summary>A machine whose exits a test handles one at a time.</summary>
internal sealed class DispatchedVm : IDisposable
{
    public DispatchedVm(MachineSpec spec, IHypercalls? hypercalls = null)
    {
        Vm = VirtualMachine.Create(TestMachine.Hypervisor, BootPlans.For(spec));
        Vcpu = Vm.CreateVcpu(0);
        Console = new ConsoleDevice(new GuestConsole("vm", Output, 1 << 20), spec.Devices);
        Dispatcher = new ExitDispatcher(Vcpu, Vm.Memory, Vm.Devices, Console, hypercalls);
    }

    public VirtualMachine Vm { get; }

    public IVcpu Vcpu { get; }

    public ConsoleDevice Console { get; }

    public ExitDispatcher Dispatcher { get; }

    public RecordingOutput Output { get; } = new();

    /// <summary>The last exit's reason.</summary>
    public VcpuExitReason Reason { get; private set; }

    /// <summary>Runs to the next exit and handles it.</summary>
    public VcpuEnd? Next()
    {
        var exit = Vcpu.Run();
        Reason = exit.Reason;
        return Dispatcher.Dispatch(exit);
    }

    /// <summary>Handles exits until one ends the vCPU.</summary>
    public VcpuEnd RunToEnd()
    {
        while (true)
        {
            if (Next() is { } end)
            {
                return end;
            }
        }
    }

    /// <summary>What a device has to say in the end.</summary>
    public DeviceReport Report => Assert.Single(Vm.Devices.Reports);

    public void Dispose()
    {
        Vcpu.Dispose();
        Vm.Dispose();
    }
}
