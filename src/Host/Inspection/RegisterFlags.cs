namespace KvmActors.Host.Inspection;

/// <summary>Spells out the bits of control registers and RFLAGS (Intel SDM vol. 3A, sections 2.2.1, 2.3 and 2.5).</summary>
internal static class RegisterFlags
{
    private static readonly (int Bit, string Name)[] RflagsBits =
    [
        (0, "CF"), (2, "PF"), (4, "AF"), (6, "ZF"), (7, "SF"), (8, "TF"), (9, "IF"), (10, "DF"), (11, "OF"),
        (14, "NT"), (16, "RF"), (17, "VM"), (18, "AC"), (19, "VIF"), (20, "VIP"), (21, "ID"),
    ];

    private static readonly (int Bit, string Name)[] Cr0Bits =
    [
        (0, "PE"), (1, "MP"), (2, "EM"), (3, "TS"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"), (29, "NW"), (30, "CD"), (31, "PG"),
    ];

    private static readonly (int Bit, string Name)[] Cr4Bits =
    [
        (0, "VME"), (1, "PVI"), (2, "TSD"), (3, "DE"), (4, "PSE"), (5, "PAE"), (6, "MCE"), (7, "PGE"), (8, "PCE"), (9, "OSFXSR"),
        (10, "OSXMMEXCPT"), (11, "UMIP"), (12, "LA57"), (13, "VMXE"), (14, "SMXE"), (16, "FSGSBASE"), (17, "PCIDE"), (18, "OSXSAVE"),
        (20, "SMEP"), (21, "SMAP"), (22, "PKE"), (23, "CET"), (24, "PKS"),
    ];

    private static readonly (int Bit, string Name)[] EferBits =
    [
        (0, "SCE"), (8, "LME"), (10, "LMA"), (11, "NXE"), (12, "SVME"), (13, "LMSLE"), (14, "FFXSR"),
    ];

    /// <summary>RFLAGS, with the I/O privilege level when it is not 0.</summary>
    public static IReadOnlyList<string> Rflags(ulong value)
    {
        var level = (value >> 12) & 3;
        var names = Names(value, RflagsBits);
        return level == 0 ? names : [.. names, $"IOPL{level}"];
    }

    /// <summary>CR0.</summary>
    public static IReadOnlyList<string> Cr0(ulong value) => Names(value, Cr0Bits);

    /// <summary>CR4.</summary>
    public static IReadOnlyList<string> Cr4(ulong value) => Names(value, Cr4Bits);

    /// <summary>IA32_EFER.</summary>
    public static IReadOnlyList<string> Efer(ulong value) => Names(value, EferBits);

    private static List<string> Names(ulong value, (int Bit, string Name)[] bits) =>
        [.. bits.Where(bit => ((value >> bit.Bit) & 1) != 0).Select(bit => bit.Name)];
}
