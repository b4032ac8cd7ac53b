using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.WarmStart;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Guests;

/// <summary>Templates and resets, with snapshots of processors in software.</summary>
public sealed class WarmStartTests
{
    private const ulong Result = 0x10_0000;

    [Fact]
    public void Reset_OfAUsedVm_RunsAgainAsIfNew()
    {
        // Counts in memory, and writes over its own code.
        var code = SoftwareVm.Assemble(64, code =>
        {
            var patched = code.CreateLabel();
            code.lea(rbx, __[patched]);
            code.Label(ref patched);
            code.mov(eax, 1);
            code.add(__dword_ptr[Result], eax);
            code.mov(__byte_ptr[rbx + 1], 9);
            code.hlt();
        });
        var plan = BootPlans.For(new MachineSpec
        {
            Name = "warm",
            Boot = BootProtocol.Long64,
            Image = FlatImage.Parse(code, new GuestPhysAddr(0), 0),
            MemoryBytes = 4 << 20,
        });
        using var template = VmTemplate.BeforeBoot(plan);
        using var vm = template.CreateVm(new SoftwareHypervisor());
        using var vcpu = template.CreateVcpu(vm, 0);

        for (var run = 0; run < 3; run++)
        {
            Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
            Assert.True(vm.Memory.TryRead(new(Result), out uint count));
            Assert.Equal(1U, count);
            Assert.True(template.TryReset(vcpu));
            template.Reset(vm);
        }
    }
}
