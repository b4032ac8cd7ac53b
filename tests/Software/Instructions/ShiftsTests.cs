using Iced.Intel;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Instructions;

/// <summary>Shifts and rotations with the flags they define (Intel SDM vol. 2B, SAL/SAR/SHL/SHR and RCL/RCR/ROL/ROR).</summary>
public sealed class ShiftsTests
{
    private const ulong Carry = 1, Overflow = 0x800;

    [Fact]
    public void Shl_ByOne_CarriesTheTopBitOut() => AssertShift(code => code.shl(al, 1), 0x81, 0x02, Carry | Overflow, Carry | Overflow);

    [Fact]
    public void Shl_BySixtyFourAndMore_CountsModuloSixtyFour() => AssertShift(code => code.shl(rax, cl), 1, 1UL << 3, 0, Carry, count: 67);

    [Fact]
    public void Shl_ByZero_ChangesNoFlag() => AssertShift(
        code =>
        {
            code.stc();
            code.shl(rax, cl);
        },
        5, 5, Carry, Carry, count: 64);

    [Fact]
    public void Sar_OfANegative_KeepsItsSign() => AssertShift(code => code.sar(al, 2), 0x82, 0xE0, Carry, Carry);

    [Fact]
    public void Rol_OfAByte_WrapsAround() => AssertShift(code => code.rol(al, 4), 0x12, 0x21, Carry, Carry);

    [Fact]
    public void Rcr_ThroughCarry_TakesItIn() => AssertShift(
        code =>
        {
            code.stc();
            code.rcr(al, 1);
        },
        0x02, 0x81, Overflow, Carry | Overflow);

    [Fact]
    public void Shld_OfQuadwords_FillsFromTheSource() => AssertShift(
        code => code.shld(rax, rbx, 8), 0x1122_3344_5566_7788, 0x2233_4455_6677_88AB, Carry, Carry, source: 0xAB00_0000_0000_0000);

    [Fact]
    public void Shl_Of32Bits_ClearsTheUpperHalfEvenByZero() => AssertShift(code => code.shl(eax, cl), 0xFFFF_FFFF_0000_0001, 1, 0, 0, count: 32);

    private static void AssertShift(
        Action<Assembler> code, ulong value, ulong result, ulong flags, ulong defined, ulong count = 0, ulong source = 0)
    {
        var end = Ring3.Run(code, new kvm_regs { rax = value, rcx = count, rbx = source });

        Assert.Equal(result, end.Registers.rax);
        Assert.Equal(flags, end.Registers.rflags & defined);
    }
}
