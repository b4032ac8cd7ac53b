using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Vm;

public class VirtualMachineTests
{
    /// <summary>How a machine is used without any actor. This test is the documentation of it.</summary>
    [VmFact]
    public void Create_MakeLoadRunAndReadInTenLines_TheGuestsResultIsInItsMemory()
    {
        var program = new Code16().MovDx(0xE9).MovAl((byte)'!').OutDx(1).MovAx(0x1234).Store(2, 0x200).Hlt().ToArray();
        var output = new RecordingOutput();

        var image = FlatImage.Parse(program, loadAddress: new GuestPhysAddr(0), entryOffset: 0);
        var spec = new MachineSpec { Name = "guest", Boot = BootProtocol.Real16, Image = image, MemoryBytes = 1 << 20 };
        using var vm = VirtualMachine.Create(TestMachine.Hypervisor, BootPlans.For(spec));
        using var vcpu = vm.CreateVcpu(0);
        using var stop = new VmStopSignal();
        var end = new VcpuSession(vm, vcpu, new GuestConsole("guest", output, byteLimit: 1 << 20), stop).Run();
        vm.Memory.TryRead(new GuestPhysAddr(0x200), out ushort result);

        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), end);
        Assert.Equal(0x1234, result);
        Assert.Equal("!", output.Text());
    }

    [Fact]
    public void Create_EachStep_IsToldWhenItIsDone()
    {
        var steps = new List<string>();

        VirtualMachine.Create(new FakeHypervisor(), Plan(), steps.Add).Dispose();

        Assert.Equal(["created", "memory mapped", "image loaded"], steps);
    }

    [Theory]
    [InlineData(nameof(IVirtualMachine.MapMemory))]
    [InlineData(nameof(IVirtualMachine.AddDoorbell))]
    [InlineData(nameof(IVirtualMachine.TryCoalesce))]
    public void Create_HostRefusesAPart_NothingIsLeftOpen(string refused)
    {
        var host = new FakeHypervisor { Refused = refused };

        var error = Assert.Throws<KvmException>(() => VirtualMachine.Create(host, Plan(new DoorbellSpec(0x510, 1), new ConsoleDeviceSpec(0x402, IsCoalesced: true))));

        Assert.Equal(refused, error.Operation);
        Assert.Equal((true, false), (host.IsDisposed, host.HasMemory));
    }

    [VmFact]
    public void Create_TwoDoorbellsOnOnePort_TheBackendsReasonIsTold()
    {
        var error = Assert.ThrowsAny<SystemCallException>(
            () => VirtualMachine.Create(TestMachine.Hypervisor, Plan(new DoorbellSpec(0x510, 1), new DoorbellSpec(0x510, 1))));

        Assert.Equal($"{(TestBackend.IsSoftware ? "adding a doorbell" : "KVM_IOEVENTFD")} failed on port 0x510: EEXIST (File exists)", error.Message);
    }

    [Fact]
    public void CreateVcpu_StateTheProcessorDoesNotTake_VcpuIsGone()
    {
        var host = new FakeHypervisor { Refused = nameof(IVcpu.SetSpecialRegisters) };
        using var vm = VirtualMachine.Create(host, Plan());

        Assert.Throws<KvmException>(() => vm.CreateVcpu(0));

        Assert.True(Assert.Single(host.Vcpus).IsDisposed);
    }

    [VmFact]
    public void CreateVcpu_Each_StartsAsItsBootStateSays()
    {
        using var vm = VirtualMachine.Create(TestMachine.Hypervisor, BootPlans.For(Machines.Long64(new Code64().Hlt()) with { Vcpus = 2 }));

        for (var index = 0; index < 2; index++)
        {
            using var vcpu = vm.CreateVcpu(index);
            var registers = vcpu.GetRegisters();

            Assert.Equal(index, vcpu.Index);
            Assert.Equal(
                (vm.BootStates[index].Registers.rip, vm.BootStates[index].Registers.rsp, (ulong)index, 2UL),
                (registers.rip, registers.rsp, registers.r8, registers.r9));
        }
    }

    [Fact]
    public void Dispose_Machine_IsGoneBeforeItsMemory()
    {
        var host = new FakeHypervisor();
        var vm = VirtualMachine.Create(host, Plan());
        Assert.True(host.HasMemory);

        vm.Dispose();

        Assert.Equal((true, true, false), (host.IsDisposed, host.HadMemoryWhenDisposed, host.HasMemory));
    }

    private static IBootPlan Plan(params DeviceSpec[] devices) => BootPlans.For(Machines.Real16(new Code16().Hlt()) with { Devices = devices });
}
