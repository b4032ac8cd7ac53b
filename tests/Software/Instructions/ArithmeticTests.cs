using Iced.Intel;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Instructions;

/// <summary>Sums and their flags, by the Intel SDM vol. 2A and vol. 1, section 3.4.3.1.</summary>
public sealed class ArithmeticTests
{
    private const ulong Carry = 1, Parity = 4, Adjust = 0x10, Zero = 0x40, Sign = 0x80, Overflow = 0x800;

    [Theory]
    [InlineData(0x7F, 0x01, 0x80, Adjust | Sign | Overflow)]
    [InlineData(0xFF, 0x01, 0x00, Carry | Parity | Adjust | Zero)]
    [InlineData(0x80, 0x80, 0x00, Carry | Parity | Zero | Overflow)]
    [InlineData(0x12, 0x21, 0x33, Parity)]
    public void Add_OfBytes_SetsResultAndFlags(byte a, byte b, byte sum, ulong flags) =>
        AssertResult(code => code.add(al, bl), a, b, sum, flags);

    [Theory]
    [InlineData(0x00, 0x01, 0xFF, Carry | Parity | Adjust | Sign)]
    [InlineData(0x80, 0x01, 0x7F, Adjust | Overflow)]
    [InlineData(0x55, 0x55, 0x00, Parity | Zero)]
    public void Sub_OfBytes_SetsResultAndFlags(byte a, byte b, byte difference, ulong flags) =>
        AssertResult(code => code.sub(al, bl), a, b, difference, flags);

    [Theory]
    [InlineData(0xFFFF_FFFF_FFFF_FFFF, 1, 0, Carry | Parity | Adjust | Zero)]
    [InlineData(0x7FFF_FFFF_FFFF_FFFF, 1, 0x8000_0000_0000_0000, Parity | Adjust | Sign | Overflow)]
    public void Add_OfQuadwords_SetsResultAndFlags(ulong a, ulong b, ulong sum, ulong flags) =>
        AssertResult(code => code.add(rax, rbx), a, b, sum, flags);

    [Fact]
    public void Adc_AfterACarry_AddsIt() => AssertResult(
        code =>
        {
            code.stc();
            code.adc(al, bl);
        },
        0x0F, 0x00, 0x10, Adjust);

    [Fact]
    public void Sbb_AfterABorrow_SubtractsIt() => AssertResult(
        code =>
        {
            code.stc();
            code.sbb(al, bl);
        },
        0x10, 0x10, 0xFF, Carry | Parity | Adjust | Sign);

    [Fact]
    public void Inc_OfTheLargest_KeepsCarry() => AssertResult(
        code =>
        {
            code.stc();
            code.inc(al);
        },
        0x7F, 0, 0x80, Carry | Adjust | Sign | Overflow);

    [Fact]
    public void Dec_OfZero_KeepsCarryClear() => AssertResult(code => code.dec(al), 0, 0, 0xFF, Parity | Adjust | Sign);

    [Theory]
    [InlineData(0, 0, Parity | Zero)]
    [InlineData(0x80, 0x80, Carry | Sign | Overflow)]
    [InlineData(1, 0xFF, Carry | Parity | Adjust | Sign)]
    public void Neg_OfBytes_SetsResultAndFlags(byte a, byte result, ulong flags) => AssertResult(code => code.neg(al), a, 0, result, flags);

    [Fact]
    public void Xor_WithItself_ClearsAndSetsZero() => AssertResult(
        code =>
        {
            code.stc();
            code.xor(rax, rax);
        },
        0x1234, 0, 0, Parity | Zero);

    [Fact]
    public void Add_To32Bits_ClearsTheUpperHalf() =>
        AssertResult(code => code.add(eax, ebx), 0xFFFF_FFFF_0000_0001, 1, 2, 0);

    [Fact]
    public void Add_To16Bits_KeepsWhatIsAbove() =>
        AssertResult(code => code.add(ax, bx), 0xFFFF_FFFF_0000_FFFF, 2, 0xFFFF_FFFF_0000_0001, Carry | Adjust);

    [Fact]
    public void Add_ToAh_LeavesAlAlone() => AssertResult(code => code.add(ah, bl), 0x1280, 0x10, 0x2280, Parity);

    [Fact]
    public void Xadd_OfARegisterWithMemory_ExchangesAndAdds()
    {
        var result = Ring3.Run(
            code =>
            {
                code.mov(__qword_ptr[r15], rbx);
                code.@lock.xadd(__qword_ptr[r15], rax);
                code.mov(rcx, __qword_ptr[r15]);
            },
            new kvm_regs { rax = 5, rbx = 7 });

        Assert.Equal((7UL, 12UL), (result.Registers.rax, result.Registers.rcx));
    }

    [Theory]
    [InlineData(7, 9, 7)]
    [InlineData(8, 7, 7)]
    public void Cmpxchg_WithMemory_StoresOnlyWhenEqual(ulong accumulator, ulong memory, ulong newAccumulator)
    {
        var result = Ring3.Run(
            code =>
            {
                code.mov(__qword_ptr[r15], 7);
                code.@lock.cmpxchg(__qword_ptr[r15], rbx);
                code.mov(rcx, __qword_ptr[r15]);
            },
            new kvm_regs { rax = accumulator, rbx = 9 });

        Assert.Equal((newAccumulator, memory), (result.Registers.rax, result.Registers.rcx));
    }

    [Fact]
    public void Div_ByZero_RaisesDivideError() =>
        Assert.Equal(0, Ring3.Run(code => code.div(rbx), new kvm_regs { rax = 1 }).Vector);

    [Fact]
    public void Div_WithAQuotientTooLarge_RaisesDivideError() =>
        Assert.Equal(0, Ring3.Run(code => code.div(rbx), new kvm_regs { rdx = 2, rbx = 2 }).Vector);

    [Fact]
    public void Idiv_OfANegativeDividend_RoundsTowardsZero()
    {
        var result = Ring3.Run(
            code =>
            {
                code.cqo();
                code.idiv(rbx);
            },
            new kvm_regs { rax = unchecked((ulong)-7), rbx = 2 });

        Assert.Equal((-3L, -1L), ((long)result.Registers.rax, (long)result.Registers.rdx));
    }

    [Fact]
    public void Mul_OfQuadwords_FillsBothHalves()
    {
        var result = Ring3.Run(code => code.mul(rbx), new kvm_regs { rax = ulong.MaxValue, rbx = ulong.MaxValue });

        Assert.Equal((1UL, ulong.MaxValue - 1), (result.Registers.rax, result.Registers.rdx));
        Assert.Equal(Carry | Overflow, result.Registers.rflags & (Carry | Overflow));
    }

    private static void AssertResult(Action<Assembler> code, ulong a, ulong b, ulong result, ulong flags)
    {
        var end = Ring3.Run(code, new kvm_regs { rax = a, rbx = b });

        Assert.Equal((6, result), (end.Vector, end.Registers.rax));
        Assert.Equal(flags, end.Registers.rflags & (Carry | Parity | Adjust | Zero | Sign | Overflow));
    }
}
