using System.Buffers.Binary;

namespace KvmActors.Software.Processor;

/// <summary>What CPUID tells: what is implemented here and nothing else (Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E).</summary>
internal static class Cpuid
{
    private const uint MaxLeaf = 0xD, MaxExtendedLeaf = 0x8000_0021, HypervisorLeaf = 0x4000_0000;

    /// <summary>Family 17H, model 31H, stepping 0.</summary>
    private const uint Signature = 0x0083_0F10;

    private static readonly byte[] Vendor = "AuthenticAMD"u8.ToArray();
    private static readonly byte[] Hypervisor = "KvmActors\0\0\0"u8.ToArray();
    private static readonly byte[] Brand = "KvmActors processor in software\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8.ToArray();

    // Leaf 01H, EDX, beside what is done with vectors: FPU, DE, PSE, TSC, MSR, PAE, CX8, SEP, PGE, CMOV, PAT, PSE-36, CLFSH, FXSR.
    private const uint Basic = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 11 | 1 << 13 | 1 << 15 | 1 << 16 | 1 << 17
        | 1 << 19 | 1 << 24;

    // Leaf 01H, ECX, likewise: CMPXCHG16B, MOVBE, POPCNT, XSAVE, RDRAND, a hypervisor.
    private const uint More = 1 << 13 | 1 << 22 | 1 << 23 | 1 << 26 | 1 << 30 | 1U << 31;

    private const uint OsXsave = 1 << 27, Mmx = 1 << 23;

    // Leaf 07H, EBX: FSGSBASE, BMI1, SMEP, BMI2, ERMS, RDSEED, ADX, CLFLUSHOPT, CLWB.
    private const uint Structured = 1 << 0 | 1 << 3 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 18 | 1 << 19 | 1 << 23 | 1 << 24;

    // Leaf 07H, ECX: UMIP, RDPID.
    private const uint StructuredMore = 1 << 2 | 1 << 22;

    // Leaf 80000001H, EDX, beside those of leaf 01H: SYSCALL, NX, 1 GiB pages, RDTSCP, long mode.
    private const uint Extended = (Basic & 0x0183_F3FF & ~(1U << 11)) | 1 << 11 | 1 << 20 | 1 << 26 | 1 << 27 | 1 << 29;

    // Leaf 80000001H, ECX: LAHF in 64-bit mode, CR8 in 32-bit mode is not, LZCNT, PREFETCHW.
    private const uint ExtendedMore = 1 << 0 | 1 << 5 | 1 << 8;

    // Leaf 80000008H, EBX: FXSAVE and XSAVE write pointers to x87 instructions in any case, and FXRSTOR and XRSTOR read them.
    private const uint SavesErrorPointers = 1 << 2;

    // Leaf 80000021H, EAX: a null selector clears the base.
    private const uint NullClearsBase = 1 << 6;

    /// <summary>Answers CPUID.</summary>
    /// <param name="cpu">Who asks.</param>
    /// <param name="leaf">EAX.</param>
    /// <param name="subleaf">ECX.</param>
    public static (uint Eax, uint Ebx, uint Ecx, uint Edx) Get(Cpu cpu, uint leaf, uint subleaf) => leaf switch
    {
        0 => (MaxLeaf, Word(Vendor, 0), Word(Vendor, 8), Word(Vendor, 4)),
        1 => (Signature, ((uint)cpu.Index << 24) | 0x1_0800, More | cpu.VectorFeatures.Ecx | ((cpu.Control4 & Cr4.Xsave) != 0 ? OsXsave : 0), Basic | cpu.VectorFeatures.Edx),
        7 when subleaf == 0 => (0, Structured, StructuredMore, 1 << 4),
        0xB => (0, 0, subleaf, (uint)cpu.Index),

        // The x87 and the SSE registers, without any after them: 512 bytes and a header of 64.
        0xD when subleaf == 0 => (3, 576, 576, 0),
        0xD when subleaf == 1 => (1, 0, 0, 0),
        HypervisorLeaf => (HypervisorLeaf, Word(Hypervisor, 0), Word(Hypervisor, 4), Word(Hypervisor, 8)),
        0x8000_0000 => (MaxExtendedLeaf, Word(Vendor, 0), Word(Vendor, 8), Word(Vendor, 4)),
        0x8000_0001 => (Signature, 0, ExtendedMore, Extended | (cpu.VectorFeatures.Edx & Mmx)),
        >= 0x8000_0002 and <= 0x8000_0004 => BrandPart((int)(leaf - 0x8000_0002) * 16),
        0x8000_0008 => (Cpu.PhysicalBits | (48 << 8), SavesErrorPointers, 0, 0),
        0x8000_0021 => (NullClearsBase, 0, 0, 0),
        _ => (0, 0, 0, 0),
    };

    private static (uint Eax, uint Ebx, uint Ecx, uint Edx) BrandPart(int at) =>
        (Word(Brand, at), Word(Brand, at + 4), Word(Brand, at + 8), Word(Brand, at + 12));

    private static uint Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
