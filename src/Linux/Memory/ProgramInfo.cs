using System.Runtime.InteropServices;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Memory;

/// <summary>
/// What the guest kernel says of its program (PROGRAM_INFO of <c>guest/include/memlayout.h</c>, its words in <c>hypercall.h</c>). The
/// guest's own words: whatever they are, no more is read than its memory, and no more of that than there may be.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ProgramInfo(
    ulong KernelOffset, ulong Areas, ulong Path, ulong Arguments, ulong ArgumentCount, ulong StackOffset, ulong Heap, ulong Name, ulong StackPointer,
    ulong Threads, ulong Clock, ulong Vdso)
{
    private const int MaxPathBytes = 4096, NameBytes = 16, MaxAreas = 8192, MaxArguments = 65536, MaxArgumentBytes = 1 << 20;
    private const ulong Present = 1, Writable = 2, NoExecute = 1UL << 63;

    /// <summary>Reads it; all 0 when it is not there.</summary>
    public static ProgramInfo Read(GuestMemory memory) => memory.TryRead(new GuestPhysAddr(MemoryLayout.ProgramInfo), out ProgramInfo info) ? info : default;

    /// <summary>The absolute path of the file that runs; null when it is the first argument's.</summary>
    public byte[]? ReadPath(GuestMemory memory)
    {
        Span<byte> text = stackalloc byte[MaxPathBytes - 1];
        if (Path == 0 || memory.ReadString(new GuestPhysAddr(Path), text, out var length) != GuestStringResult.Ok || length == 0)
        {
            return null;
        }

        return text[0] == (byte)'/' ? text[..length].ToArray() : [(byte)'/', .. text[..length]];
    }

    /// <summary>The name that it goes by.</summary>
    public byte[] ReadName(GuestMemory memory)
    {
        Span<byte> text = stackalloc byte[NameBytes];
        return Name != 0 && memory.ReadString(new GuestPhysAddr(Name), text, out var length) == GuestStringResult.Ok ? text[..length].ToArray() : [];
    }

    /// <summary>Its arguments, a NUL behind each.</summary>
    public byte[] ReadArguments(GuestMemory memory)
    {
        var all = new List<byte>();
        var text = new byte[MaxPathBytes];
        for (ulong index = 0; Arguments != 0 && index < Math.Min(ArgumentCount, MaxArguments) && all.Count < MaxArgumentBytes; index++)
        {
            var place = new GuestPhysAddr(unchecked(Arguments + (index * sizeof(ulong))));
            if (!memory.TryRead(place, out ulong pointer))
            {
                break;
            }

            var result = memory.ReadString(new GuestPhysAddr(unchecked(pointer - StackOffset)), text, out var length);
            if (result is not (GuestStringResult.Ok or GuestStringResult.TooLong))
            {
                break;
            }

            all.AddRange(result == GuestStringResult.Ok ? text.AsSpan(0, length) : text);
            all.Add(0);
        }

        return [.. all];
    }

    /// <summary>What it may use where, upwards.</summary>
    public List<ProgramArea> ReadAreas(GuestMemory memory)
    {
        var areas = new List<ProgramArea>();
        var (node, above) = (Areas, 0UL);
        while (Areas != 0 && areas.Count < MaxAreas && memory.TryRead(new GuestPhysAddr(node), out ulong next)
            && unchecked(next - KernelOffset) is var place && place != Areas && memory.TryRead(new GuestPhysAddr(place), out Area area)
            && area.Start >= above && area.End > area.Start)
        {
            var isThere = (area.Bits & Present) != 0;
            areas.Add(new ProgramArea(area.Start, area.End, isThere, (area.Bits & Writable) != 0, isThere && (area.Bits & NoExecute) == 0));
            (node, above) = (place, area.End);
        }

        return areas;
    }

    // struct vma of guest/kernel/memory.h, as far as the ABI has it.
    private readonly record struct Area(ulong Next, ulong Previous, ulong Start, ulong End, ulong Bits);
}
