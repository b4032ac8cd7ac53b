namespace KvmActors.Software.Processor;

/// <summary>Segments: their limits and rights, and loading them (Intel SDM vol. 3A, chapters 3 and 6).</summary>
internal sealed partial class Cpu
{
    /// <summary>A linear address from an offset; #GP(0) or #SS(0) where the segment does not allow the access.</summary>
    public ulong Linear(Seg segment, ulong offset, int size, bool forWrite)
    {
        ref readonly var register = ref Segments[(int)segment];
        if (Is64Bit)
        {
            return segment >= Seg.Fs ? register.Base + offset : offset;
        }

        if (offset + (ulong)size > (forWrite ? register.WriteEnd : register.ReadEnd))
        {
            CheckSegment(segment, offset, size, forWrite);
        }

        return (uint)(register.Base + offset);
    }

    // What one comparison did not decide: expand-down segments, and real mode's, which have no rights.
    private void CheckSegment(Seg segment, ulong offset, int size, bool forWrite)
    {
        ref readonly var register = ref Segments[(int)segment];
        var last = offset + (ulong)size - 1;
        var hasRights = HasRealSegments
            || (!register.IsUnusable && register.IsPresent && (forWrite ? register.IsWritable : register.IsReadable));
        var isInside = register.ExpandsDown
            ? offset > register.Limit && last <= (register.IsBig ? 0xFFFF_FFFFUL : 0xFFFFUL)
            : last <= register.Limit;
        if (!hasRights || !isInside)
        {
            throw Fault(segment == Seg.Ss ? Vector.StackFault : Vector.GeneralProtection);
        }
    }

    /// <summary>Reads a descriptor; faults where the selector is outside its table.</summary>
    /// <param name="selector">The selector.</param>
    /// <param name="vector">What to raise, with the selector as error code.</param>
    /// <param name="isExternal">Bit 0 of the error code.</param>
    public Descriptor ReadDescriptor(ushort selector, int vector = Vector.GeneralProtection, uint isExternal = 0) =>
        TryReadDescriptor(selector, out var descriptor) ? descriptor : throw Fault(vector, (selector & 0xFFFCU) | isExternal);

    /// <summary>Reads a descriptor; system descriptors of long mode have 16 bytes.</summary>
    public bool TryReadDescriptor(ushort selector, out Descriptor descriptor)
    {
        descriptor = default;
        if (!TryFindDescriptor(selector, 8, out var address))
        {
            return false;
        }

        descriptor = new Descriptor(ReadSystem<ulong>(address));
        if (!descriptor.IsCodeOrData && IsLongMode && descriptor.Type is 2 or 9 or 11 or 12)
        {
            if (!TryFindDescriptor(selector, 16, out _))
            {
                return false;
            }

            descriptor = descriptor with { High = ReadSystem<ulong>(address + 8) };
        }

        return true;
    }

    private bool TryFindDescriptor(ushort selector, int bytes, out ulong address)
    {
        var offset = (uint)(selector & 0xFFF8);
        ref readonly var local = ref Segments[(int)Seg.Ldt];
        var isLocal = (selector & 4) != 0;
        address = (isLocal ? local.Base : Gdt.Base) + offset;
        return isLocal
            ? !local.IsUnusable && offset + (uint)bytes - 1 <= local.Limit
            : offset + (uint)bytes - 1 <= Gdt.Limit;
    }

    /// <summary>Sets a bit of a descriptor's type in its table: accessed, or busy.</summary>
    public void SetDescriptorType(ushort selector, int bit, bool value)
    {
        if (TryFindDescriptor(selector, 8, out var address))
        {
            var type = ReadSystem<byte>(address + 5);
            var changed = (byte)(value ? type | bit : type & ~bit);
            if (changed != type)
            {
                WriteSystem(address + 5, changed);
            }
        }
    }

    /// <summary>MOV to a segment register, POP and the like. Only data segments: CS is for far branches.</summary>
    public void LoadSegment(Seg segment, ushort selector)
    {
        if (HasRealSegments)
        {
            LoadRealSegment(segment, selector);
            return;
        }

        Segments[(int)segment] = segment == Seg.Ss
            ? CheckStackSegment(selector, Cpl, Vector.GeneralProtection)
            : CheckDataSegment(segment, selector);
        RefreshMode();
    }

    /// <summary>A segment as real mode and virtual-8086 mode load it: the base follows the selector.</summary>
    public void LoadRealSegment(Seg segment, ushort selector)
    {
        ref var register = ref Segments[(int)segment];
        register.Selector = selector;
        register.Base = (ulong)selector << 4;
        register.IsUnusable = false;
        if (IsVirtual8086)
        {
            register.Limit = 0xFFFF;
            register.Access = 0xF3;
        }
        else if (segment == Seg.Cs)
        {
            // Code may be written in real mode, and a 32-bit segment becomes none by a far jump alone.
            register.Access = (ushort)((register.Access & 0xF000) | 0x9B);
        }
        else
        {
            // The limit and the size stay, as they do on hardware: what is called unreal mode.
            register.Access = (ushort)((register.Access & 0xF000) | 0x93);
        }

        RefreshMode();
    }

    private SegmentRegister CheckDataSegment(Seg segment, ushort selector)
    {
        if ((selector & 0xFFFC) == 0)
        {
            // A null selector keeps the base of FS and GS in 64-bit mode on AMD's processors and clears it on Intel's: cleared here.
            return NullSegment(selector);
        }

        var descriptor = ReadDescriptor(selector);
        var error = selector & 0xFFFCU;
        if (!descriptor.IsReadable || (!descriptor.IsConforming && (descriptor.Dpl < Cpl || descriptor.Dpl < (selector & 3))))
        {
            throw GeneralProtection(error);
        }

        if (!descriptor.IsPresent)
        {
            throw Fault(Vector.SegmentNotPresent, error);
        }

        return MarkAccessed(selector, descriptor);
    }

    /// <summary>Checks a selector for SS at a privilege level.</summary>
    public SegmentRegister CheckStackSegment(ushort selector, int level, int vector, uint isExternal = 0)
    {
        var error = (selector & 0xFFFCU) | isExternal;
        if ((selector & 0xFFFC) == 0)
        {
            return Is64Bit && level != 3 && (selector & 3) == level && vector == Vector.GeneralProtection
                ? NullSegment(selector)
                : throw Fault(vector, isExternal);
        }

        var descriptor = ReadDescriptor(selector, vector, isExternal);
        if ((selector & 3) != level || !descriptor.IsWritable || descriptor.Dpl != level)
        {
            throw Fault(vector, error);
        }

        return descriptor.IsPresent ? MarkAccessed(selector, descriptor) : throw Fault(Vector.StackFault, error);
    }

    /// <summary>What a segment register holds after a null selector was loaded.</summary>
    public static SegmentRegister NullSegment(ushort selector) => new()
    {
        Selector = selector,
        IsUnusable = true,

        // SS keeps a privilege level, and is big enough for whatever runs.
        Access = (ushort)(0xC093 | ((selector & 3) << 5)),
        Limit = uint.MaxValue,
    };

    /// <summary>What a segment register holds of a descriptor, which is marked as accessed.</summary>
    public SegmentRegister MarkAccessed(ushort selector, Descriptor descriptor)
    {
        if ((descriptor.Type & 1) == 0)
        {
            SetDescriptorType(selector, 1, true);
            descriptor = descriptor with { Low = descriptor.Low | (1UL << 40) };
        }

        return descriptor.ToRegister(selector);
    }
}
