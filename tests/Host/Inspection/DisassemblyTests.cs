using KvmActors.Host.Inspection;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;

namespace KvmActors.Host.Tests.Inspection;

public sealed class DisassemblyTests
{
    // mov edx, 0x1234; in al, dx; hlt
    private static readonly byte[] Code = [0xBA, 0x34, 0x12, 0x00, 0x00, 0xEC, 0xF4];

    [Fact]
    public void Around_RipInTheMiddle_ShowsWhatLeadsThereAndWhatFollows()
    {
        var lines = Disassembly.Around(Crash(Code, rip: 5));

        Assert.Equal(["mov edx, 0x1234", "in al, dx", "hlt"], lines.Select(line => line.Text));
        Assert.Equal([false, true, false], lines.Select(line => line.IsCurrent));
        Assert.Equal([0x7000UL, 0x7005UL, 0x7006UL], lines.Select(line => line.Address));
        Assert.Equal("ba34120000", lines[0].Bytes);
    }

    [Fact]
    public void Around_SameBytesIn16BitCode_AreReadAs16BitCode() =>
        Assert.Equal("mov dx, 0x1234", Disassembly.Around(Crash(Code, rip: 0, bits: 16))[0].Text);

    [Fact]
    public void Around_InstructionCutOff_IsMarkedBad() =>
        Assert.Equal("(bad)", Assert.Single(Disassembly.Around(Crash([0xBA, 0x34], rip: 0))).Text);

    [Fact]
    public void Around_NothingReadable_IsEmpty()
    {
        Assert.Empty(Disassembly.Around(Crash([], rip: 0)));
        Assert.Null(Disassembly.At(Crash([], rip: 0)));
    }

    private static CrashReport Crash(byte[] code, ulong rip, int bits = 64) => new()
    {
        VcpuIndex = 0,
        Exit = "test",
        Registers = default,
        SpecialRegisters = default(kvm_sregs),
        CodeBits = bits,
        LinearRip = 0x7000 + rip,
        CodeStart = 0x7000,
        Code = code,
        Stack = [],
        RipWalk = new PageWalkTrace(0x7000 + rip, [], null),
        Cr2Walk = new PageWalkTrace(0, [], null),
    };
}
