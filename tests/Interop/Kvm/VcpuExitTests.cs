using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class VcpuExitTests
{
    private const uint Pattern = 0xA1B2_C3D4;
    private const ushort Outside = 0x8000;

    [KvmFact]
    public void Reason_Hlt_IsHlt()
    {
        using var vm = new RealModeVm(new Code16().Hlt());

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [KvmTheory]
    [InlineData(1, 0xD4)]
    [InlineData(2, 0xC3D4)]
    [InlineData(4, Pattern)]
    public void Io_Out_HasPortSizeAndValue(int size, uint value)
    {
        using var vm = new RealModeVm(new Code16().MovEax(Pattern).MovDx(0x1234).OutDx(size).Hlt());

        var exit = vm.Vcpu.Run();

        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        var io = exit.Io;
        Assert.True(io.IsOut);
        Assert.Equal((0x1234, size, value, size), (io.Port, io.Size, io.Value, io.Data.Length));
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [KvmTheory]
    [InlineData(1, 0x0000_00AA)]
    [InlineData(2, 0x0000_BBAA)]
    [InlineData(4, 0xDDCC_BBAA)]
    public void Io_In_TheGuestGetsTheDataPutThere(int size, uint value)
    {
        using var vm = new RealModeVm(new Code16().MovEax(0).MovDx(0xFFFF).InDx(size).Hlt());

        var io = vm.Vcpu.Run().Io;
        Assert.False(io.IsOut);
        Assert.Equal((0xFFFF, size, size), (io.Port, io.Size, io.Data.Length));
        new byte[] { 0xAA, 0xBB, 0xCC, 0xDD }.AsSpan(0, size).CopyTo(io.Data);

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(value, (uint)vm.Vcpu.GetRegisters().rax);
    }

    // One exit may carry one byte or all of them: KVM decides.
    [KvmFact]
    public void Io_RepOutsb_DeliversEveryByteInOrder()
    {
        var text = "abcdefgh"u8.ToArray();
        using var vm = new RealModeVm(new Code16().MovDx(0xE9).MovCx((ushort)text.Length).MovSi(0x100).RepOutsb().Hlt());
        vm.Memory.TryWriteBytes(new GuestPhysAddr(0x100), text);

        var received = new List<byte>();
        for (var exit = vm.Vcpu.Run(); exit.Reason != VcpuExitReason.Hlt; exit = vm.Vcpu.Run())
        {
            Assert.Equal(VcpuExitReason.Io, exit.Reason);
            Assert.Equal((0xE9, 1), (exit.Io.Port, exit.Io.Size));
            received.AddRange(exit.Io.Data);
        }

        Assert.Equal(text, received);
    }

    [KvmFact]
    public void Io_RepInsw_StoresEveryWordInOrder()
    {
        // xor di, di is not needed: DI is 0, but the code is there, so aim at 0x200.
        using var vm = new RealModeVm(new Code16().MovDi(0x200).MovDx(0x60).MovCx(3).RepInsw().Hlt());

        ushort next = 0x1111;
        for (var exit = vm.Vcpu.Run(); exit.Reason != VcpuExitReason.Hlt; exit = vm.Vcpu.Run())
        {
            var io = exit.Io;
            Assert.Equal((0x60, 2), (io.Port, io.Size));
            for (var offset = 0; offset < io.Data.Length; offset += 2)
            {
                BitConverter.TryWriteBytes(io.Data[offset..], next);
                next += 0x1111;
            }
        }

        Assert.True(vm.Memory.TryRead(new GuestPhysAddr(0x200), out ulong words));
        Assert.Equal(0x3333_2222_1111UL, words);
    }

    [KvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Mmio_Store_HasAddressAndData(int size)
    {
        using var vm = new RealModeVm(new Code16().MovDs(Outside).MovEax(Pattern).Store(size, 0x10).Hlt());

        var exit = vm.Vcpu.Run();

        Assert.Equal(VcpuExitReason.Mmio, exit.Reason);
        Assert.True(exit.Mmio.IsWrite);
        Assert.Equal(0x8_0010UL, exit.Mmio.Address);
        Assert.Equal(new byte[] { 0xD4, 0xC3, 0xB2, 0xA1 }[..size], exit.Mmio.Data.ToArray());
        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
    }

    [KvmTheory]
    [InlineData(1, 0x0000_00AA)]
    [InlineData(2, 0x0000_BBAA)]
    [InlineData(4, 0xDDCC_BBAA)]
    public void Mmio_Load_TheGuestGetsTheDataPutThere(int size, uint value)
    {
        using var vm = new RealModeVm(new Code16().MovDs(Outside).MovEax(0).Load(size, 0x20).Hlt());

        var exit = vm.Vcpu.Run();
        Assert.Equal(VcpuExitReason.Mmio, exit.Reason);
        Assert.False(exit.Mmio.IsWrite);
        Assert.Equal((0x8_0020UL, size), (exit.Mmio.Address, exit.Mmio.Data.Length));
        new byte[] { 0xAA, 0xBB, 0xCC, 0xDD }.AsSpan(0, size).CopyTo(exit.Mmio.Data);

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.Equal(value, (uint)vm.Vcpu.GetRegisters().rax);
    }

    [KvmFact]
    public void Reason_TripleFault_IsShutdown()
    {
        using var vm = new RealModeVm(new Code16().TripleFault(zeros: 0x1000));

        Assert.Equal(VcpuExitReason.Shutdown, vm.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void InternalError_CodeOutsideMemory_IsAnEmulationError()
    {
        using var vm = new RealModeVm(new Code16().JmpFar(Outside, 0));

        var exit = vm.Vcpu.Run();

        Assert.Equal(VcpuExitReason.InternalError, exit.Reason);
        Assert.Equal(InternalErrorExit.Emulation, exit.InternalError.Suberror);
        Assert.InRange(exit.InternalError.Data.Length, 0, 16);
    }
}
