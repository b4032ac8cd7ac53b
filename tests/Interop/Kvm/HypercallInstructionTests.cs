using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Interop.Tests.Kvm;

/// <summary>The instructions that call KVM itself, of both vendors: one of them is foreign to any processor.</summary>
public class HypercallInstructionTests
{
    private const int IdtPointer = 0x500, Idt = 0x600, InvalidOpcode = 6;

    // KVM's default is to write the right instruction over the wrong one, in the guest's memory.
    [KvmTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_HypercallInstruction_EndsAndLeavesTheCodeAsItIs(bool isIntels)
    {
        var code = new Code16().Asm(a =>
        {
            a.lidt(__[IdtPointer]);
            a.mov(eax, 99);
            if (isIntels)
            {
                a.vmcall();
            }
            else
            {
                a.vmmcall();
            }
        }).Hlt().Label(out var invalid).Hlt();
        var handler = (ushort)code.AddressOf(invalid);
        code.DataAt(IdtPointer, [0xFF, 3, 0, Idt >> 8, 0, 0]).DataAt(Idt + (4 * InvalidOpcode), [(byte)handler, (byte)(handler >> 8), 0, 0]);
        var before = code.ToArray();
        using var vm = new RealModeVm(code);
        vm.Vcpu.BindToCurrentThread();
        using var limit = new Timer(_ => vm.Vcpu.Kick(), null, TestTime.Seconds(10), Timeout.InfiniteTimeSpan);

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);

        for (var offset = 0; offset < handler; offset++)
        {
            Assert.True(vm.Memory.TryRead(new GuestPhysAddr((ulong)offset), out byte value));
            Assert.Equal(before[offset], value);
        }
    }
}
