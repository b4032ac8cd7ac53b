namespace KvmActors.Software.Processor;

/// <summary>The segment registers, numbered as instructions do, then the system's.</summary>
internal enum Seg : byte
{
    /// <summary>Extra.</summary>
    Es,

    /// <summary>Code.</summary>
    Cs,

    /// <summary>Stack.</summary>
    Ss,

    /// <summary>Data.</summary>
    Ds,

    /// <summary>FS.</summary>
    Fs,

    /// <summary>GS.</summary>
    Gs,

    /// <summary>The local descriptor table.</summary>
    Ldt,

    /// <summary>The task register.</summary>
    Tr,
}

/// <summary>A segment register with its hidden part.</summary>
internal struct SegmentRegister
{
    /// <summary>Bits 15:2 select a descriptor, bits 1:0 are a privilege level.</summary>
    public ushort Selector;

    /// <summary>Where it starts, as a linear address.</summary>
    public ulong Base;

    /// <summary>The last offset in bytes; the last that is not in it where it expands down.</summary>
    public uint Limit;

    /// <summary>
    /// Bits 55:40 of the descriptor, without the limit's (Intel SDM vol. 3A, section 3.4.5): type, S, DPL and P in bits 7:0; AVL, L, D/B
    /// and G in bits 15:12.
    /// </summary>
    public ushort Access;

    /// <summary>Whether it holds a null selector: no access through it.</summary>
    public bool IsUnusable;

    /// <summary>First offset that may not be read, as far as nothing but a comparison is needed for it; derived.</summary>
    public ulong ReadEnd;

    /// <summary>First offset that may not be written, likewise; derived.</summary>
    public ulong WriteEnd;

    /// <summary>The four bits of the type.</summary>
    public readonly int Type => Access & 0xF;

    /// <summary>Whether it is code or data, not the system's.</summary>
    public readonly bool IsCodeOrData => (Access & 0x10) != 0;

    /// <summary>The descriptor's privilege level.</summary>
    public readonly int Dpl => (Access >> 5) & 3;

    /// <summary>Whether it is present.</summary>
    public readonly bool IsPresent => (Access & 0x80) != 0;

    /// <summary>Whether it is 64-bit code.</summary>
    public readonly bool IsLong => (Access & 0x2000) != 0;

    /// <summary>D or B: 32-bit code or stack.</summary>
    public readonly bool IsBig => (Access & 0x4000) != 0;

    /// <summary>Whether it is code.</summary>
    public readonly bool IsCode => (Access & 0x18) == 0x18;

    /// <summary>Whether it is code that may be called from less privilege.</summary>
    public readonly bool IsConforming => (Access & 0x1C) == 0x1C;

    /// <summary>Whether it is data that expands down.</summary>
    public readonly bool ExpandsDown => (Access & 0x1C) == 0x14;

    /// <summary>Whether it may be read.</summary>
    public readonly bool IsReadable => (Access & 0x18) == 0x10 || (Access & 0x1A) == 0x1A;

    /// <summary>Whether it may be written.</summary>
    public readonly bool IsWritable => (Access & 0x1A) == 0x12;

    /// <summary>Works out what is derived.</summary>
    public void Derive()
    {
        var simple = !IsUnusable && IsPresent && IsCodeOrData && !ExpandsDown;

        // Nothing is outside of 4 GiB: what begins at their end goes on at address 0.
        var end = Limit == uint.MaxValue ? ulong.MaxValue : Limit + 1UL;
        ReadEnd = simple && IsReadable ? end : 0;
        WriteEnd = simple && IsWritable ? end : 0;
    }
}
