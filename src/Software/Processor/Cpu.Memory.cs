using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvmActors.Interop.Memory;

namespace KvmActors.Software.Processor;

/// <summary>Memory by linear addresses: a page that was accessed alike before takes two comparisons, everything else the slow way.</summary>
internal sealed partial class Cpu
{
    private const ulong PageMask = ~0xFFFUL;
    private const int PageBytes = 4096;

    private TlbEntry[] _tlb;

    /// <summary>The machine's memory.</summary>
    public PhysicalMemory Memory { get; }

    /// <summary>The translations it remembers.</summary>
    public Tlb Tlb { get; } = new();

    /// <summary>Which memory was decoded.</summary>
    public CodeWatch Code { get; } = new();

    /// <summary>Whether an address is canonical, for 48 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCanonical(ulong linear) => (ulong)((long)(linear << 16) >> 16) == linear;

    /// <summary>Reads a value with the rights of the code that runs.</summary>
    /// <param name="linear">Its linear address.</param>
    /// <param name="segment">Whose it is: faults of the stack's are #SS.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(ulong linear, Seg segment)
        where T : unmanaged
    {
        ref readonly var entry = ref _tlb[(int)(linear >> 12) & (Tlb.Entries - 1)];
        return entry.Read == ((linear & PageMask) | TlbEntry.Valid) && (int)(linear & 0xFFF) <= PageBytes - Unsafe.SizeOf<T>()
            ? entry.Slot.At<T>(linear + entry.Addend)
            : ReadSlowly<T>(linear, segment, Cpl == 3);
    }

    /// <summary>Writes a value with the rights of the code that runs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(ulong linear, Seg segment, T value)
        where T : unmanaged
    {
        ref readonly var entry = ref _tlb[(int)(linear >> 12) & (Tlb.Entries - 1)];
        if (entry.Write == ((linear & PageMask) | TlbEntry.Valid) && (int)(linear & 0xFFF) <= PageBytes - Unsafe.SizeOf<T>())
        {
            entry.Slot.At<T>(linear + entry.Addend) = value;
            return;
        }

        WriteSlowly(linear, segment, value, Cpl == 3);
    }

    /// <summary>Reads 1, 2, 4 or 8 bytes.</summary>
    public ulong Read(ulong linear, Seg segment, int size) => size switch
    {
        8 => Read<ulong>(linear, segment),
        4 => Read<uint>(linear, segment),
        2 => Read<ushort>(linear, segment),
        _ => Read<byte>(linear, segment),
    };

    /// <summary>Writes 1, 2, 4 or 8 bytes.</summary>
    public void Write(ulong linear, Seg segment, int size, ulong value)
    {
        switch (size)
        {
            case 8:
                Write(linear, segment, value);
                break;
            case 4:
                Write(linear, segment, (uint)value);
                break;
            case 2:
                Write(linear, segment, (ushort)value);
                break;
            default:
                Write(linear, segment, (byte)value);
                break;
        }
    }

    /// <summary>Reads what is going to be written: faults as a write would.</summary>
    public ulong ReadToChange(ulong linear, Seg segment, int size)
    {
        CheckWrite(linear, segment, size);
        return Read(linear, segment, size);
    }

    /// <summary>Faults as a write would, and does nothing otherwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CheckWrite(ulong linear, Seg segment, int size)
    {
        ref readonly var entry = ref _tlb[(int)(linear >> 12) & (Tlb.Entries - 1)];
        if (entry.Write != ((linear & PageMask) | TlbEntry.Valid) || (int)(linear & 0xFFF) > PageBytes - size)
        {
            TranslateBoth(linear, segment, size, Access.Write, Cpl == 3);
        }
    }

    /// <summary>Writes so many bytes if they are still what they were; in one piece where other threads run.</summary>
    public bool TryExchange(ulong linear, Seg segment, int size, ulong old, ulong value)
    {
        if (!Memory.IsShared
            || !(TryFindBytes(linear, segment, size, forWrite: true, out var slot, out var offset) || TryFindWatched(linear, segment, size, out slot, out offset)))
        {
            Write(linear, segment, size, value);
            return true;
        }

        return size switch
        {
            8 => Interlocked.CompareExchange(ref slot.At<ulong>(offset), value, old) == old,
            4 => Interlocked.CompareExchange(ref slot.At<uint>(offset), (uint)value, (uint)old) == (uint)old,
            2 => Interlocked.CompareExchange(ref slot.At<ushort>(offset), (ushort)value, (ushort)old) == (ushort)old,
            _ => Interlocked.CompareExchange(ref slot.At<byte>(offset), (byte)value, (byte)old) == (byte)old,
        };
    }

    /// <summary>Finds bytes of one page in their slot, for whoever accesses many of them at once.</summary>
    /// <returns>False where they have to be accessed one by one: no memory, a read-only slot, decoded instructions, another page.</returns>
    public bool TryFindBytes(ulong linear, Seg segment, int size, bool forWrite, out GuestSlot slot, out ulong offset)
    {
        ref readonly var entry = ref _tlb[(int)(linear >> 12) & (Tlb.Entries - 1)];
        var tag = (linear & PageMask) | TlbEntry.Valid;
        if ((forWrite ? entry.Write : entry.Read) != tag)
        {
            TranslateBoth(linear, segment, size, forWrite ? Access.Write : Access.Read, Cpl == 3);
        }

        slot = entry.Slot;
        offset = linear + entry.Addend;
        return (forWrite ? entry.Write : entry.Read) == tag && (int)(linear & 0xFFF) <= PageBytes - size;
    }

    // Where every access is looked at, there are no entries to find: an exchange has to be one all the same.
    private bool TryFindWatched(ulong linear, Seg segment, int size, out GuestSlot slot, out ulong offset)
    {
        (slot, offset) = (null!, 0);
        if (!ReferenceEquals(_tlb, Tlb.Empty) || (int)(linear & 0xFFF) > PageBytes - size)
        {
            return false;
        }

        var (physical, _) = TranslateBoth(linear, segment, size, Access.Write, Cpl == 3);
        if (Memory.Find(physical) is not { Range.IsReadOnly: false } found)
        {
            return false;
        }

        NoteDataAccess(linear, size, isWrite: true);
        NoteWrite(physical, size);
        (slot, offset) = (found, physical - found.Range.Start.Value);
        return true;
    }

    /// <summary>Reads a structure of the system's, with supervisor rights: descriptors, the TSS.</summary>
    public T ReadSystem<T>(ulong linear)
        where T : unmanaged => ReadSlowly<T>(SystemAddress(linear), Seg.Ds, isUser: false);

    /// <summary>Writes to a structure of the system's.</summary>
    public void WriteSystem<T>(ulong linear, T value)
        where T : unmanaged => WriteSlowly(SystemAddress(linear), Seg.Ds, value, isUser: false);

    private ulong SystemAddress(ulong linear) => IsLongMode ? linear : (uint)linear;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadSlowly<T>(ulong linear, Seg segment, bool isUser)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        CheckAlignment(linear, size, isUser);
        var (first, second) = TranslateBoth(linear, segment, size, Access.Read, isUser);
        if (ReferenceEquals(_tlb, Tlb.Empty))
        {
            NoteDataAccess(linear, size, isWrite: false);
        }

        T value = default;
        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        var here = Math.Min(size, PageBytes - (int)(linear & 0xFFF));
        ReadPhysical(first, bytes[..here]);
        if (here < size)
        {
            ReadPhysical(second, bytes[here..]);
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteSlowly<T>(ulong linear, Seg segment, T value, bool isUser)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        CheckAlignment(linear, size, isUser);
        var (first, second) = TranslateBoth(linear, segment, size, Access.Write, isUser);
        if (ReferenceEquals(_tlb, Tlb.Empty))
        {
            NoteDataAccess(linear, size, isWrite: true);
        }

        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        var here = Math.Min(size, PageBytes - (int)(linear & 0xFFF));
        WritePhysical(first, bytes[..here]);
        if (here < size)
        {
            WritePhysical(second, bytes[here..]);
        }
    }

    private void ReadPhysical(ulong physical, Span<byte> bytes)
    {
        if (Memory.Find(physical) is { } slot)
        {
            CopyWhole(slot.Span(physical - slot.Range.Start.Value, bytes.Length), bytes);
            return;
        }

        for (var done = 0; done < bytes.Length; done += 8)
        {
            ReadDevice(physical + (ulong)done, bytes[done..Math.Min(bytes.Length, done + 8)]);
        }
    }

    private void WritePhysical(ulong physical, ReadOnlySpan<byte> bytes)
    {
        if (Memory.Find(physical) is { Range.IsReadOnly: false } slot)
        {
            CopyWhole(bytes, slot.Span(physical - slot.Range.Start.Value, bytes.Length));
            NoteWrite(physical, bytes.Length);
            return;
        }

        for (var done = 0; done < bytes.Length; done += 8)
        {
            WriteDevice(physical + (ulong)done, bytes[done..Math.Min(bytes.Length, done + 8)]);
        }
    }

    // Values other processors may look at come and go in one piece.
    private static void CopyWhole(ReadOnlySpan<byte> from, Span<byte> to)
    {
        switch (from.Length)
        {
            case 8:
                MemoryMarshal.Write(to, MemoryMarshal.Read<ulong>(from));
                break;
            case 4:
                MemoryMarshal.Write(to, MemoryMarshal.Read<uint>(from));
                break;
            case 2:
                MemoryMarshal.Write(to, MemoryMarshal.Read<ushort>(from));
                break;
            default:
                from.CopyTo(to);
                break;
        }
    }

    /// <summary>Notes that bytes of one page were written: what was decoded of them is decoded anew.</summary>
    public void NoteWrite(ulong physical, int length)
    {
        if (Code.Write(physical, length))
        {
            StopBlock();
        }
    }

    private void CheckAlignment(ulong linear, int size, bool isUser)
    {
        if (isUser && ChecksAlignment && size <= 8 && (linear & (ulong)(size - 1)) != 0)
        {
            throw Fault(Vector.AlignmentCheck);
        }
    }

    // Every page is translated before anything is accessed.
    private (ulong First, ulong Second) TranslateBoth(ulong linear, Seg segment, int size, Access access, bool isUser)
    {
        var last = linear + (ulong)size - 1;
        if (IsLongMode && !(IsCanonical(linear) && IsCanonical(last)))
        {
            throw Fault(segment == Seg.Ss ? Vector.StackFault : Vector.GeneralProtection);
        }

        var first = Translate(linear, access, isUser);
        if ((last & PageMask) == (linear & PageMask))
        {
            return (first, first);
        }

        // 32-bit addresses go round.
        var next = Is64Bit || linear >> 32 != 0 ? last & PageMask : (uint)last & PageMask;
        return (first, Translate(next, access, isUser));
    }
}
