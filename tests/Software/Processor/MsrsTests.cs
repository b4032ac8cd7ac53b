using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Processor;

/// <summary>Model-specific registers behind which there is nothing, but which kernels write to and go on.</summary>
public sealed class MsrsTests
{
    private const uint ApicBase = 0x1B, FirstEventSelect = 0xC001_0000, LastEventCounter = 0xC001_0007;

    [Theory]
    [InlineData(ApicBase, 0xFEE0_0100UL, 0xFEE0_0100UL)] // off
    [InlineData(ApicBase, 0xFEE0_0900UL, 0xFEE0_0900UL)]
    [InlineData(FirstEventSelect, 0x53_0076UL, 0UL)]
    [InlineData(LastEventCounter, 0xFFFFUL, 0UL)]
    public void Wrmsr_OfWhatThereIs_IsTaken(uint index, ulong value, ulong expected)
    {
        using var vm = Write(index, value);

        var registers = vm.RunToHlt().Vcpu.GetRegisters();

        Assert.Equal(expected, (registers.rdx << 32) | registers.rax);
    }

    [Theory]
    [InlineData(ApicBase, 0xFEE0_0C00UL)] // x2APIC, which CPUID does not tell
    [InlineData(ApicBase, 1UL << 48)]
    [InlineData(0xC001_0008, 0UL)]
    public void Wrmsr_OfWhatThereIsNot_Faults(uint index, ulong value)
    {
        using var vm = Write(index, value);

        // There are no handlers.
        Assert.Equal(VcpuExitReason.Shutdown, vm.Vcpu.Run().Reason);
    }

    private static SoftwareVm Write(uint index, ulong value) => new(BootProtocol.Long64, code =>
    {
        code.mov(ecx, index);
        code.mov(eax, (uint)value);
        code.mov(edx, (uint)(value >> 32));
        code.wrmsr();
        code.rdmsr();
        code.hlt();
    });
}
