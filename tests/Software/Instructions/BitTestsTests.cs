using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Instructions;

/// <summary>Bits: found, counted, picked.</summary>
public sealed class BitTestsTests
{
    [Fact]
    public void Bts_WithARegisterFarAway_ReachesItsWord()
    {
        var end = Ring3.Run(
            code =>
            {
                code.bts(__qword_ptr[r15 + 0x100], rbx);
                code.mov(rax, __qword_ptr[r15 + 0xF8]);
            },
            new kvm_regs { rbx = unchecked((ulong)-1) });

        Assert.Equal(1UL << 63, end.Registers.rax);
        Assert.Equal(0UL, end.Registers.rflags & 1);
    }

    [Theory]
    [InlineData(0, 64, 1, 0)]
    [InlineData(1, 0, 0, 0x40)]
    [InlineData(0x8000_0000_0000_0000, 63, 0, 0)]
    public void Tzcnt_OfAQuadword_CountsZeros(ulong value, ulong count, ulong carry, ulong zero)
    {
        var end = Ring3.Run(code => code.tzcnt(rax, rbx), new kvm_regs { rbx = value });

        Assert.Equal((count, carry, zero), (end.Registers.rax, end.Registers.rflags & 1, end.Registers.rflags & 0x40));
    }

    [Fact]
    public void Popcnt_OfAllOnes_IsSixtyFour() =>
        Assert.Equal(64UL, Ring3.Run(code => code.popcnt(rax, rbx), new kvm_regs { rbx = ulong.MaxValue }).Registers.rax);

    [Fact]
    public void Pext_UndoesPdep()
    {
        var end = Ring3.Run(
            code =>
            {
                code.pdep(rax, rbx, rcx);
                code.pext(rdx, rax, rcx);
            },
            new kvm_regs { rbx = 0b1011, rcx = 0x1010_1010 });

        Assert.Equal((0x1000_1010UL, 0b1011UL), (end.Registers.rax, end.Registers.rdx));
    }

    // The check value of CRC-32C for the bytes 31 to 39.
    [Fact]
    public void Crc32_OfTheDigits_IsTheCheckValue()
    {
        var end = Ring3.Run(
            code =>
            {
                code.mov(eax, -1);
                for (var digit = 0; digit < 9; digit++)
                {
                    code.mov(bl, (byte)(0x31 + digit));
                    code.crc32(eax, bl);
                }

                code.not(eax);
            });

        Assert.Equal(0xE306_9283UL, end.Registers.rax);
    }
}
