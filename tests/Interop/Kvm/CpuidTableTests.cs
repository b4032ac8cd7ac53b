using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class CpuidTableTests
{
    [KvmTheory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public void ForVcpu_Index_BecomesTheApicIdAndNothingElseChanges(int index)
    {
        using var device = KvmDevice.Open();
        var before = device.SupportedCpuid.Entries.ToArray();
        var after = device.SupportedCpuid.ForVcpu(index).Entries.ToArray();

        Assert.Equal(before.Length, after.Length);
        foreach (var (was, now) in before.Zip(after))
        {
            var expected = was;
            switch (was.function)
            {
                case 0x1:
                    expected.ebx = (was.ebx & 0x00FF_FFFF) | ((uint)index << 24);
                    break;
                case 0xB or 0x1F:
                    expected.edx = (uint)index;
                    break;
            }

            Assert.Equal(expected, now);
        }
    }

    [KvmFact]
    public void ForVcpu_LeavesTheOriginalAsItWas()
    {
        using var device = KvmDevice.Open();
        var before = device.SupportedCpuid.Entries.ToArray();

        device.SupportedCpuid.ForVcpu(3);

        Assert.Equal(before, device.SupportedCpuid.Entries.ToArray());
    }

    [KvmFact]
    public void CreateVcpu_SeveralVcpus_EachReadsItsOwnApicId()
    {
        // cpuid 1 into EBX
        using var vm = new RealModeVm(new Code16().MovEax(1).Asm(a => a.cpuid()).Hlt());
        using var second = vm.Vm.CreateVcpu(1);
        second.SetSpecialRegisters(vm.Vcpu.GetSpecialRegisters());
        second.SetRegisters(new kvm_regs { rflags = 2 });

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);

        // The second vCPU waits for a start-up interrupt only where KVM emulates the interrupt controllers, which is not asked for here.
        Assert.Equal(VcpuExitReason.Hlt, second.Run().Reason);
        Assert.Equal((0UL, 1UL), (vm.Vcpu.GetRegisters().rbx >> 24, second.GetRegisters().rbx >> 24));
    }
}
