using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Devices;

public class RegisterBankTests
{
    // DS 0xFFFF and these offsets: right after 1 MiB of memory.
    private const ushort Offset = 0x4010;
    private const ulong Address = 0x10_4000;

    [Theory]
    [InlineData(0xD000_0000, 1, true)]
    [InlineData(0xD000_0000, 16, true)]
    [InlineData(0xD000_000F, 1, true)]
    [InlineData(0xD000_000F, 2, false)]
    [InlineData(0xD000_0010, 1, false)]
    [InlineData(0xCFFF_FFFF, 1, false)]
    [InlineData(0xCFFF_FFFF, 8, false)]
    [InlineData(0, 1, false)]
    [InlineData(ulong.MaxValue, 8, false)]
    public void Claims_AccessesThatLieInItWhole(ulong address, int length, bool expected) =>
        Assert.Equal(expected, new RegisterBank(new RegisterBankSpec(0xD000_0000, 16, [])).Claims(address, length));

    [VmTheory]
    [InlineData(1, 0xAAAA_AA88)]
    [InlineData(2, 0xAAAA_7788)]
    [InlineData(4, 0x5566_7788)]
    public void Access_Read_IsWhatTheScenarioSays(int size, uint expected)
    {
        var spec = new RegisterBankSpec(Address, 0x10, [new BankRegister(4, 8, 0x1122_3344_5566_7788)]);
        using var vm = Run(spec, new Code16().MovEax(0xAAAA_AAAA).Load(size, Offset + 4));

        Assert.Equal(expected, (uint)vm.Vcpu.GetRegisters().rax);
        Assert.Equal(0, vm.Report.Count);
    }

    [VmFact]
    public void Access_ReadAcrossRegisters_TakesBytesOfEachAndZeroElsewhere()
    {
        var spec = new RegisterBankSpec(Address, 0x10, [new BankRegister(0, 1, 0x11), new BankRegister(2, 2, 0x4433)]);
        using var vm = Run(spec, new Code16().Load(4, Offset));

        Assert.Equal(0x4433_0011U, (uint)vm.Vcpu.GetRegisters().rax);
    }

    [VmFact]
    public void Access_RegisterWithMoreBitsThanItIsWide_OnlyItsOwnShow()
    {
        var spec = new RegisterBankSpec(Address, 0x10, [new BankRegister(0, 1, 0xFFFF)]);
        using var vm = Run(spec, new Code16().Load(2, Offset));

        Assert.Equal(0xFF, (ushort)vm.Vcpu.GetRegisters().rax);
    }

    [VmFact]
    public void Report_Writes_AreRecordedInOrder()
    {
        var spec = new RegisterBankSpec(Address, 0x10, []);
        using var vm = Run(spec, new Code16().MovEax(0x1122_3344).Store(4, Offset).Store(2, Offset + 8).Store(1, Offset + 15));

        var report = vm.Report;

        Assert.Equal(("RegisterBank", Address, 3L), (report.Type, report.Location, report.Count));
        Assert.Equal([new DeviceWrite(0, 4, 0x1122_3344), new DeviceWrite(8, 2, 0x3344), new DeviceWrite(15, 1, 0x44)], report.Writes);
    }

    [VmFact]
    public void Access_Write_DoesNotChangeWhatIsRead()
    {
        var spec = new RegisterBankSpec(Address, 0x10, [new BankRegister(0, 4, 7)]);
        using var vm = Run(spec, new Code16().MovEax(9).Store(4, Offset).Load(4, Offset));

        Assert.Equal(7U, (uint)vm.Vcpu.GetRegisters().rax);
    }

    [VmFact]
    public void Report_MoreWritesThanAreRecorded_CountsThemAll()
    {
        const int Writes = 300, Recorded = 256;
        var code = new Code64();
        for (var value = 0; value < Writes; value++)
        {
            code.Mov(rax, (ulong)value).Store(0x3F_0000, rax);
        }

        // The identity map goes on to the end of the last large page; the memory does not.
        var spec = Machines.Long64(code.Hlt()) with { MemoryBytes = 3 * Machines.MiB, Devices = [new RegisterBankSpec(0x3F_0000, 8, [])] };
        using var vm = new DispatchedVm(spec);
        vm.RunToEnd();

        Assert.Equal(Writes, vm.Report.Count);
        Assert.Equal(Enumerable.Range(0, Recorded).Select(value => new DeviceWrite(0, 8, (ulong)value)), vm.Report.Writes);
    }

    // What a guest that writes for hours comes to.
    [Fact]
    public void Access_MoreWritesThan31BitsCount_AreCountedOn()
    {
        var bank = new RegisterBank(new RegisterBankSpec(Address, 8, [])) { Count = int.MaxValue };

        bank.Access(new MmioExit(Address, isWrite: true, [1, 2, 3, 4]));
        bank.Access(new MmioExit(Address, isWrite: true, [1, 2, 3, 4]));

        Assert.Equal(int.MaxValue + 2L, bank.Report.Count);
    }

    [Fact]
    public void Site_Bank_IsNamedByItsTypeAndAddress() =>
        Assert.Equal(new ExitSite(ExitSiteKind.Device, Address, "RegisterBank"), new RegisterBank(new RegisterBankSpec(Address, 1, [])).Site);

    private static DispatchedVm Run(RegisterBankSpec bank, Code16 accesses)
    {
        // The segment first: the accesses may need what AX holds.
        var vm = new DispatchedVm(Machines.Real16(accesses.Hlt()) with { Devices = [bank] });
        var special = vm.Vcpu.GetSpecialRegisters();
        (special.ds.@base, special.ds.selector) = (0xF_FFF0, 0xFFFF);
        vm.Vcpu.SetSpecialRegisters(special);
        Assert.Equal(new VcpuEnd(VcpuEndKind.Halted), vm.RunToEnd());
        return vm;
    }
}
