namespace KvmActors.Machine.Boot;

/// <summary>The state a guest finds its processor in.</summary>
public enum BootProtocol
{
    /// <summary>16-bit real mode, flat image.</summary>
    Real16,

    /// <summary>32-bit protected mode, flat segments, paging off, flat image.</summary>
    Protected32,

    /// <summary>64-bit long mode, memory mapped one to one, flat image.</summary>
    Long64,

    /// <summary>As <see cref="Long64"/>, but the image is an ELF executable.</summary>
    Elf64,
}

/// <summary>What boot protocols have in common.</summary>
public static class BootProtocolExtensions
{
    /// <summary>Whether a guest is entered in 64-bit mode, with page tables, a GDT and arguments on its stack.</summary>
    public static bool IsLongMode(this BootProtocol protocol) => protocol is BootProtocol.Long64 or BootProtocol.Elf64;
}
