namespace KvmActors.Software.Processor;

/// <summary>A descriptor of a segment or a gate as it is in a table (Intel SDM vol. 3A, sections 3.4.5 and 7.11).</summary>
/// <param name="Low">Its first 8 bytes.</param>
/// <param name="High">The next 8 of one that has 16 bytes; 0 otherwise.</param>
internal readonly record struct Descriptor(ulong Low, ulong High = 0)
{
    /// <summary>The four bits of the type.</summary>
    public int Type => (int)(Low >> 40) & 0xF;

    /// <summary>Whether it is code or data, not the system's.</summary>
    public bool IsCodeOrData => (Low & (1UL << 44)) != 0;

    /// <summary>Its privilege level.</summary>
    public int Dpl => (int)(Low >> 45) & 3;

    /// <summary>Whether it is present.</summary>
    public bool IsPresent => (Low & (1UL << 47)) != 0;

    /// <summary>Whether it is code.</summary>
    public bool IsCode => IsCodeOrData && (Type & 8) != 0;

    /// <summary>Whether it is code that may be called from less privilege.</summary>
    public bool IsConforming => IsCode && (Type & 4) != 0;

    /// <summary>Whether it may be read.</summary>
    public bool IsReadable => IsCodeOrData && ((Type & 8) == 0 || (Type & 2) != 0);

    /// <summary>Whether it is data that may be written.</summary>
    public bool IsWritable => IsCodeOrData && (Type & 0xA) == 2;

    /// <summary>Whether it is 64-bit code.</summary>
    public bool IsLong => (Low & (1UL << 53)) != 0;

    /// <summary>D or B.</summary>
    public bool IsBig => (Low & (1UL << 54)) != 0;

    /// <summary>The segment's base.</summary>
    public ulong Base => ((Low >> 16) & 0xFF_FFFF) | ((Low >> 56) << 24) | (High << 32);

    /// <summary>The segment's limit in bytes.</summary>
    public uint Limit
    {
        get
        {
            var limit = (uint)((Low & 0xFFFF) | ((Low >> 32) & 0xF_0000));
            return (Low & (1UL << 55)) != 0 ? (limit << 12) | 0xFFF : limit;
        }
    }

    /// <summary>The access rights as <see cref="SegmentRegister.Access"/> has them.</summary>
    public ushort Access => (ushort)((Low >> 40) & 0xF0FF);

    /// <summary>The selector in a gate.</summary>
    public ushort GateSelector => (ushort)(Low >> 16);

    /// <summary>The offset in a gate.</summary>
    public ulong GateOffset => (Low & 0xFFFF) | ((Low >> 32) & 0xFFFF_0000) | (High << 32);

    /// <summary>What a segment register holds of it.</summary>
    public SegmentRegister ToRegister(ushort selector) =>
        new() { Selector = selector, Base = Base, Limit = Limit, Access = Access };
}
