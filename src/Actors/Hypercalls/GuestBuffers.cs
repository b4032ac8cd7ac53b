using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Hypercalls;

/// <summary>What a guest's addresses point to, in either address space. Used under the file queue's one-at-a-time rule.</summary>
internal sealed class GuestBuffers(GuestMemory memory)
{
    /// <summary>Whether a buffer could be there at all, by its address and length alone.</summary>
    public bool IsPlausible(AddressSpace space, ulong address, ulong length) => space.Cr3 is null
        ? length == 0 || memory.Contains(new GuestPhysAddr(address), length)
        : length <= PageWalk.UserLimit && address <= PageWalk.UserLimit - length;

    /// <summary>Lists the pieces of guest memory that make up a buffer, from its start as far as it can be accessed.</summary>
    /// <param name="space">What kind of address it is.</param>
    /// <param name="address">The buffer's first byte.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="forWrite">Whether the guest's memory is to be written.</param>
    /// <param name="pieces">Receives the pieces; emptied first.</param>
    public void Map(AddressSpace space, ulong address, ulong length, bool forWrite, GuestIoVector pieces)
    {
        pieces.Clear();
        if (space.Cr3 is not { } cr3)
        {
            pieces.TryAdd(memory, new GuestPhysAddr(address), length, forWrite);
            return;
        }

        while (length > 0 && PageWalk.TryTranslate(memory, cr3, address, forWrite, out var physical, out var bytesLeft))
        {
            var part = Math.Min(length, bytesLeft);
            if (!pieces.TryAdd(memory, physical, part, forWrite))
            {
                return;
            }

            address += part;
            length -= part;
        }
    }

    /// <summary>Copies a NUL-terminated path out of the guest.</summary>
    /// <param name="space">What kind of address it is.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="path">Receives it without the NUL; as long as a path may be.</param>
    /// <param name="length">Bytes before the NUL.</param>
    /// <returns>None, EFAULT, or ENAMETOOLONG.</returns>
    public Errno ReadPath(AddressSpace space, ulong address, Span<byte> path, out int length)
    {
        length = 0;
        if (space.Cr3 is not { } cr3)
        {
            return memory.ReadString(new GuestPhysAddr(address), path, out length) switch
            {
                GuestStringResult.Ok => Errno.None,
                GuestStringResult.TooLong => Errno.ENAMETOOLONG,
                _ => Errno.EFAULT,
            };
        }

        var copied = 0;
        while (copied < path.Length)
        {
            if (!PageWalk.TryTranslate(memory, cr3, address, forWrite: false, out var physical, out var bytesLeft))
            {
                return Errno.EFAULT;
            }

            var part = path.Slice(copied, (int)Math.Min(bytesLeft, (ulong)(path.Length - copied)));
            if (!memory.TryGetSpan(physical, (ulong)part.Length, out var source))
            {
                return Errno.EFAULT;
            }

            // Copied before it is searched: the guest may change the bytes meanwhile.
            source.CopyTo(part);
            if (part.IndexOf((byte)0) is var end and >= 0)
            {
                length = copied + end;
                return Errno.None;
            }

            copied += part.Length;
            address += (ulong)part.Length;
        }

        return Errno.ENAMETOOLONG;
    }
}
