using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Tests.Differential;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Instructions;

/// <summary>String instructions, repeated across pages, backwards, onto themselves, into a fault.</summary>
public sealed class StringsTests
{
    [Fact]
    public void RepStosb_AcrossPages_FillsAll()
    {
        var end = Ring3.Run(
            code =>
            {
                code.mov(edi, (int)RingThree.Data + 0x800);
                code.mov(ecx, 0x1234);
                code.mov(al, 0x5A);
                code.rep.stosb();
            });

        Assert.Equal((RingThree.Data + 0x1A34, 0UL), (end.Registers.rdi, end.Registers.rcx));
        Assert.Equal(0x1234, end.Data.Count(value => value == 0x5A));
        Assert.Equal((byte)0, end.Data[0x7FF]);
        Assert.Equal((byte)0x5A, end.Data[0x1A33]);
    }

    // Each byte is copied onto the next, so the first one spreads.
    [Fact]
    public void RepMovsb_OntoWhatIsStillToBeCopied_RepeatsIt()
    {
        var end = Ring3.Run(
            code =>
            {
                code.mov(__byte_ptr[r15], 0x77);
                code.mov(rsi, r15);
                code.lea(rdi, __[r15 + 1]);
                code.mov(ecx, 100);
                code.rep.movsb();
            });

        Assert.All(end.Data[..101], value => Assert.Equal((byte)0x77, value));
        Assert.Equal((byte)0, end.Data[101]);
    }

    [Fact]
    public void RepMovsq_Backwards_Copies()
    {
        var end = Ring3.Run(
            code =>
            {
                code.mov(__qword_ptr[r15 + 8], 11);
                code.mov(__qword_ptr[r15], 22);
                code.lea(rsi, __[r15 + 8]);
                code.lea(rdi, __[r15 + 0x108]);
                code.mov(ecx, 2);
                code.std();
                code.rep.movsq();
            });

        Assert.Equal((11UL, 22UL), (BitConverter.ToUInt64(end.Data, 0x108), BitConverter.ToUInt64(end.Data, 0x100)));
        Assert.Equal(RingThree.Data - 8, end.Registers.rsi);
    }

    [Fact]
    public void RepneScasb_FindsTheByte()
    {
        var end = Ring3.Run(
            code =>
            {
                code.mov(__byte_ptr[r15 + 50], 9);
                code.mov(rdi, r15);
                code.mov(rcx, -1);
                code.mov(al, 9);
                code.repne.scasb();
            });

        Assert.Equal((RingThree.Data + 51, unchecked((ulong)-52)), (end.Registers.rdi, end.Registers.rcx));
    }

    [Fact]
    public void RepStosb_IntoAPageThatIsNotThere_StopsThereWithItsRegisters()
    {
        var end = Ring3.Run(
            code =>
            {
                code.mov(edi, (int)RingThree.Unmapped - 0x1_0000 - 0x10);
                code.mov(ecx, 0x40);
                code.rep.stosb();
            },
            new kvm_regs { rax = 1 });

        // What lies before is read-only from its start.
        Assert.Equal((14, RingThree.ReadOnly, 7UL), (end.Vector, end.Cr2, end.ErrorCode));
        Assert.Equal((RingThree.ReadOnly, 0x30UL), (end.Registers.rdi, end.Registers.rcx));
    }
}
