using KvmActors.Software.Processor;
using KvmActors.Software.Tests.Support;

namespace KvmActors.Software.Tests.Processor;

/// <summary>Page tables of every shape, read as the Intel SDM vol. 3A, chapter 5, draws them.</summary>
public sealed class PagingTests : IDisposable
{
    private const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, NoExecute = 1UL << 63;
    private const ulong Top = 0x1000, Second = 0x2000, Third = 0x3000, Last = 0x4000;

    private readonly SoftwareVm _vm = new(Machine.Boot.BootProtocol.Real16, code => code.hlt());

    private Cpu Cpu => _vm.Vcpu.Cpu;

    [Fact]
    public void Translate_ThroughFourLevels_SetsAccessedAndDirty()
    {
        UseLongMode(Present | Writable | User);

        Assert.Equal(0x9123UL, Cpu.Translate(0x5123, Access.Read, isUser: true));
        Assert.Equal(Accessed, _vm.Read<ulong>(Top) & (Accessed | Dirty));
        Assert.Equal(Accessed, _vm.Read<ulong>(Last + (5 * 8)) & (Accessed | Dirty));

        Assert.Equal(0x9000UL, Cpu.Translate(0x5000, Access.Write, isUser: true));
        Assert.Equal(Accessed | Dirty, _vm.Read<ulong>(Last + (5 * 8)) & (Accessed | Dirty));
    }

    [Theory]
    [InlineData(Present | User, nameof(Access.Write), true, 7U)]
    [InlineData(Present | Writable, nameof(Access.Read), true, 5U)]
    [InlineData(Present | Writable | User | NoExecute, nameof(Access.Execute), true, 0x15U)]
    [InlineData(Present | User, nameof(Access.Write), false, 3U)]
    [InlineData(0UL, nameof(Access.Read), false, 0U)]
    [InlineData(0UL, nameof(Access.Write), true, 6U)]
    [InlineData(Present | Writable | User | (1UL << 50), nameof(Access.Read), false, 9U)]
    public void Translate_WithoutTheRight_RaisesPageFaultWithItsErrorCode(ulong flags, string access, bool isUser, uint error)
    {
        UseLongMode(flags);

        var fault = Assert.Throws<GuestFault>(() => Cpu.Translate(0x5123, Enum.Parse<Access>(access), isUser));

        Assert.Equal((Vector.PageFault, error, 0x5123UL), (fault.Vector, fault.ErrorCode, Cpu.Cr2));
    }

    [Fact]
    public void Translate_ASupervisorsWriteWithoutWriteProtection_IsAllowed()
    {
        UseLongMode(Present, cr0: 0x8000_0001);

        Assert.Equal(0x9000UL, Cpu.Translate(0x5000, Access.Write, isUser: false));
    }

    [Fact]
    public void Translate_ThroughLargePages_KeepsMoreOfTheAddress()
    {
        UseLongMode(Present);
        _vm.Write(Third + 8, 0x4000_0000UL | Present | Writable | Large);
        _vm.Write(Second + 8, 0x8000_0000UL | Present | Writable | Large);
        Cpu.Tlb.Flush();

        Assert.Equal(0x4012_3456UL, Cpu.Translate(0x0032_3456, Access.Read, isUser: false));
        Assert.Equal(0x9234_5678UL, Cpu.Translate(0x5234_5678, Access.Read, isUser: false));
    }

    [Fact]
    public void Translate_ThroughTwoLevels_HasFourMegabytePages()
    {
        _vm.Write(Top, (uint)(Second | Present | Writable | User));
        _vm.Write(Second + (5 * 4), (uint)(0x9000 | Present | Writable));
        _vm.Write(Top + 4, (uint)(0x0080_0000 | Present | Writable | Large));
        Use(cr0: 0x8001_0001, cr4: 0x10, efer: 0);

        Assert.Equal(0x9ABCUL, Cpu.Translate(0x5ABC, Access.Write, isUser: false));
        Assert.Equal(0x0091_2345UL, Cpu.Translate(0x0051_2345, Access.Read, isUser: false));
        Assert.Equal((uint)(Accessed | Dirty), _vm.Read<uint>(Second + 20) & (uint)(Accessed | Dirty));
    }

    [Fact]
    public void Translate_ThroughThreeLevels_ReachesAboveFourGigabytes()
    {
        _vm.Write(Top, Second | Present);
        _vm.Write(Second, Third | Present | Writable);
        _vm.Write(Third + (5 * 8), 0x1_2345_6000UL | Present | Writable);
        Use(cr0: 0x8001_0001, cr4: 0x20, efer: 0);

        Assert.Equal(0x1_2345_6789UL, Cpu.Translate(0x5789, Access.Read, isUser: false));
    }

    [Fact]
    public void Read_AfterTheTableChanged_NeedsAnInvalidation()
    {
        UseLongMode(Present | Writable);
        _vm.Write(0x9000, 1);
        _vm.Write(0xA000, 2);
        Assert.Equal(1, Cpu.Read<int>(0x5000, Seg.Ds));

        _vm.Write(Last + (5 * 8), 0xA000 | Present | Writable);
        Cpu.Tlb.Invalidate(0x5000);

        Assert.Equal(2, Cpu.Read<int>(0x5000, Seg.Ds));
    }

    [Fact]
    public void Read_OfAnAddressThatIsNotCanonical_RaisesGeneralProtection()
    {
        UseLongMode(Present);

        Assert.Equal(Vector.GeneralProtection, Assert.Throws<GuestFault>(() => Cpu.Read<int>(1UL << 47, Seg.Ds)).Vector);
        Assert.Equal(Vector.StackFault, Assert.Throws<GuestFault>(() => Cpu.Read<int>(1UL << 47, Seg.Ss)).Vector);
    }

    [Fact]
    public void Write_AcrossTwoPagesOfWhichOneIsNotThere_WritesNothing()
    {
        UseLongMode(Present | Writable);
        _vm.Write(0x9FFC, 0);

        var fault = Assert.Throws<GuestFault>(() => Cpu.Write(0x5FFC, Seg.Ds, ulong.MaxValue));

        Assert.Equal((Vector.PageFault, 0x6000UL, 0), (fault.Vector, Cpu.Cr2, _vm.Read<int>(0x9FFC)));
    }

    public void Dispose() => _vm.Dispose();

    private void UseLongMode(ulong flags, ulong cr0 = 0x8001_0001)
    {
        _vm.Write(Top, Second | Present | Writable | User);
        _vm.Write(Second, Third | Present | Writable | User);
        _vm.Write(Third, Last | Present | Writable | User);
        _vm.Write(Last + (5 * 8), 0x9000 | flags);
        Use(cr0, cr4: 0x20, efer: 0xD00);
    }

    private void Use(ulong cr0, ulong cr4, ulong efer)
    {
        var special = _vm.Vcpu.GetSpecialRegisters();
        (special.cr0, special.cr3, special.cr4, special.efer) = (cr0, Top, cr4, efer);
        special.cs.l = efer != 0 ? (byte)1 : (byte)0;
        _vm.Vcpu.SetSpecialRegisters(special);
    }
}
