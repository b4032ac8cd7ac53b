using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;

namespace KvmActors.Machine.Inspection;

/// <summary>
/// A guest's memory by linear addresses, whatever its page tables permit: for whoever looks at a guest from outside. Its vCPUs may
/// change the tables meanwhile; each page is translated once.
/// </summary>
public static class LinearMemory
{
    /// <summary>Reads as many bytes as can be read.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="special">The registers that say how addresses are translated.</param>
    /// <param name="linear">The first byte's address; after the last address comes the first.</param>
    /// <param name="target">Where they go.</param>
    /// <returns>How many, up to the first that is nowhere.</returns>
    public static int Read(GuestMemory memory, in kvm_sregs special, ulong linear, Span<byte> target)
    {
        var done = 0;
        while (done < target.Length && TryFind(memory, special, unchecked(linear + (ulong)done), target.Length - done, out var bytes))
        {
            bytes.CopyTo(target[done..]);
            done += bytes.Length;
        }

        return done;
    }

    /// <summary>Writes as many bytes as can be written; memory that the guest may only read is not.</summary>
    /// <returns>How many.</returns>
    public static int Write(GuestMemory memory, in kvm_sregs special, ulong linear, ReadOnlySpan<byte> bytes)
    {
        var done = 0;
        while (done < bytes.Length && PageWalkTrace.Follow(memory, special, unchecked(linear + (ulong)done)).Physical is { } physical)
        {
            var piece = bytes.Slice(done, (int)Math.Min((ulong)(bytes.Length - done), BytesLeft(physical)));
            if (!memory.TryWriteBytes(new GuestPhysAddr(physical), piece))
            {
                break;
            }

            done += piece.Length;
        }

        return done;
    }

    /// <summary>Reads a little-endian number of 2, 4 or 8 bytes.</summary>
    public static bool TryReadWord(GuestMemory memory, in kvm_sregs special, ulong linear, int size, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var isWhole = Read(memory, special, linear, bytes[..size]) == size;
        value = isWhole ? BitConverter.ToUInt64(bytes) : 0;
        return isWhole;
    }

    private static bool TryFind(GuestMemory memory, in kvm_sregs special, ulong linear, int wanted, out Span<byte> bytes)
    {
        bytes = default;
        return PageWalkTrace.Follow(memory, special, linear).Physical is { } physical
            && memory.TryGetSpan(new GuestPhysAddr(physical), Math.Min((ulong)wanted, BytesLeft(physical)), out bytes);
    }

    private static ulong BytesLeft(ulong physical) => MemoryRange.PageSize - (physical % MemoryRange.PageSize);
}
