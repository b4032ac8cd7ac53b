using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Support;

/// <summary>A VM with 64 KiB of memory and one vCPU in real mode at address 0.</summary>
internal sealed class RealModeVm : IDisposable
{
    public const ulong MemoryBytes = 0x1_0000;

    public RealModeVm(Code16 code)
    {
        Device = KvmDevice.Open();
        Vm = Device.CreateVm();
        Memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), MemoryBytes));
        Vm.MapMemory(Memory);
        Assert.True(Memory.TryWriteBytes(new GuestPhysAddr(0), code.ToArray()));
        Vcpu = Vm.CreateVcpu(0);

        var special = Vcpu.GetSpecialRegisters();
        special.cs.@base = 0;
        special.cs.selector = 0;
        Vcpu.SetSpecialRegisters(special);
        Vcpu.SetRegisters(new kvm_regs { rip = 0, rflags = 2, rsp = 0x8000 });
    }

    public KvmDevice Device { get; }

    public KvmVm Vm { get; }

    public GuestMemory Memory { get; }

    public KvmVcpu Vcpu { get; }

    public void Dispose()
    {
        Vcpu.Dispose();
        Vm.Dispose();
        Memory.Dispose();
        Device.Dispose();
    }
}
