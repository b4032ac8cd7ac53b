using Iced.Intel;
using KvmActors.Software.Instructions;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>All instructions there are, by family.</summary>
internal static class InstructionSet
{
    // One instruction of each, and its bit in ECX and EDX of CPUID's leaf 01H.
    private static readonly (Code Code, uint Ecx, uint Edx)[] Vectors =
    [
        (Code.Paddb_mm_mmm64, 0, 1 << 23), (Code.Addps_xmm_xmmm128, 0, 1 << 25), (Code.Addpd_xmm_xmmm128, 0, 1 << 26),
        (Code.Haddps_xmm_xmmm128, 1 << 0, 0), (Code.Pclmulqdq_xmm_xmmm128_imm8, 1 << 1, 0), (Code.Pshufb_xmm_xmmm128, 1 << 9, 0),
        (Code.Ptest_xmm_xmmm128, 1 << 19, 0), (Code.Pcmpistri_xmm_xmmm128_imm8, 1 << 20, 0), (Code.Aesenc_xmm_xmmm128, 1 << 25, 0),
    ];

    /// <summary>What executes which instruction.</summary>
    public static HandlerTable Table { get; } = Create();

    /// <summary>What of MMX, SSE and their kin is executed, as leaf 01H of CPUID has it.</summary>
    public static (uint Ecx, uint Edx) VectorFeatures { get; } = FindVectors();

    private static (uint Ecx, uint Edx) FindVectors()
    {
        var features = (Ecx: 0U, Edx: 0U);
        foreach (var (code, ecx, edx) in Vectors)
        {
            if (Table.Contains(code))
            {
                features = (features.Ecx | ecx, features.Edx | edx);
            }
        }

        return features;
    }

    private static HandlerTable Create()
    {
        var table = new HandlerTable();
        Moves.Register(table);
        StackMoves.Register(table);
        Arithmetic.Register(table);
        Multiplication.Register(table);
        Shifts.Register(table);
        BitTests.Register(table);
        Exchanges.Register(table);
        Instructions.Decimal.Register(table);
        Strings.Register(table);
        Branches.Register(table);
        Control.Register(table);
        PortAccess.Register(table);
        SystemMoves.Register(table);
        Descriptors.Register(table);
        ProcessorState.Register(table);
        ExtendedState.Register(table);
        X87.BasicArithmetic.Register(table);
        X87.Transfers.Register(table);
        X87.Comparisons.Register(table);
        X87.ControlInstructions.Register(table);
        X87.Environments.Register(table);
        X87.Remainders.Register(table);
        X87.Transcendental.Register(table);
        Simd.Moves.Register(table);
        Simd.Elements.Register(table);
        Simd.Shuffles.Register(table);
        Simd.Shifts.Register(table);
        Simd.IntegerArithmetic.Register(table);
        Simd.StringComparisons.Register(table);
        Simd.Cryptography.Register(table);
        Simd.FloatArithmetic.Register(table);
        Simd.FloatComparisons.Register(table);
        Simd.FloatConversions.Register(table);
        Simd.FloatRounding.Register(table);
        return table;
    }
}
