using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Inspection;

public class CrashInspectorTests
{
    [VmFact]
    public void Inspect_LongModeGuest_HasItsCodeStackAndWalks()
    {
        var code = new Code64().Mov(rax, 0x1122_3344_5566_7788).Hlt();
        using var vm = new BootedVm(Machines.Long64(code) with { Args = ["guest"] });
        vm.RunToHlt();

        var report = CrashInspector.Inspect(vm.Vcpus[0], vm.Memory, "the exit");

        Assert.Equal((0, "the exit", 64, 11UL, 0UL), (report.VcpuIndex, report.Exit, report.CodeBits, report.LinearRip, report.CodeStart));
        Assert.Equal(0x1122_3344_5566_7788UL, report.Registers.rax);
        Assert.Equal(MemoryLayout.Pml4, report.SpecialRegisters.cr3);

        // From address 0 to 32 bytes after RIP: nothing can be before.
        Assert.Equal([.. code.ToArray(), .. new byte[32]], report.Code);

        // argc comes first on the stack.
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0], report.Stack.Take(8));
        Assert.Equal(64, report.Stack.Count);
        Assert.Equal((11UL, "PDE"), (report.RipWalk.Physical, report.RipWalk.Steps[^1].Level));
        Assert.Equal(0UL, report.Cr2Walk.Linear);
    }

    [VmFact]
    public void Inspect_RealModeGuest_AddsTheSegmentsBase()
    {
        using var vm = new BootedVm(Machines.Real16(new Code16().Hlt()));
        var special = vm.Vcpus[0].GetSpecialRegisters();
        (special.cs.@base, special.cs.selector) = (0x1_0000, 0x1000);
        (special.ss.@base, special.ss.selector) = (0x2_0000, 0x2000);
        vm.Vcpus[0].SetSpecialRegisters(special);
        vm.Vcpus[0].SetRegisters(new kvm_regs { rip = 0x100, rsp = 0x10, rflags = 2 });
        vm.Memory.TryWriteBytes(new GuestPhysAddr(0x1_00FE), new byte[] { 0xAA, 0xBB, 0xCC });
        vm.Memory.TryWriteBytes(new GuestPhysAddr(0x2_0010), "stack"u8);

        var report = CrashInspector.Inspect(vm.Vcpus[0], vm.Memory, "");

        Assert.Equal((16, 0x1_0100UL, 0x1_00E0UL), (report.CodeBits, report.LinearRip, report.CodeStart));
        Assert.Equal([0xAA, 0xBB, 0xCC], report.Code.Skip(30).Take(3));
        Assert.Equal("stack"u8.ToArray(), report.Stack.Take(5));
        Assert.Empty(report.RipWalk.Steps);
    }

    [VmFact]
    public void Inspect_ProtectedModeGuest_IsRead32Bits()
    {
        var spec = Machines.Real16(new Code16().Hlt()) with { Boot = BootProtocol.Protected32 };
        using var vm = new BootedVm(spec);

        Assert.Equal(32, CrashInspector.Inspect(vm.Vcpus[0], vm.Memory, "").CodeBits);
    }

    [VmFact]
    public void Inspect_RipAndStackOutsideMemory_HasNoBytes()
    {
        using var vm = new BootedVm(Machines.Long64(new Code64().Hlt()));
        vm.Vcpus[0].SetRegisters(new kvm_regs { rip = 0xFFFF_8000_0000_0000, rsp = 0x7FFF_FFFF_FFF8, rflags = 2 });

        var report = CrashInspector.Inspect(vm.Vcpus[0], vm.Memory, "");

        Assert.Empty(report.Code);
        Assert.Empty(report.Stack);
        Assert.Equal((null, report.LinearRip), (report.RipWalk.Physical, report.CodeStart));
    }

    [VmFact]
    public void Inspect_RipRightBehindTheHole_HasWhatCanBeReadOnEachSide()
    {
        // 4 MiB of memory: the last bytes can be read, what follows cannot.
        const ulong End = 4 * Machines.MiB;
        using var vm = new BootedVm(Machines.Long64(new Code64().Hlt()));
        vm.Vcpus[0].SetRegisters(new kvm_regs { rip = End - 4, rsp = End - 8, rflags = 2 });

        var report = CrashInspector.Inspect(vm.Vcpus[0], vm.Memory, "");

        Assert.Equal((36, 8, End - 36), (report.Code.Count, report.Stack.Count, report.CodeStart));
    }
}
