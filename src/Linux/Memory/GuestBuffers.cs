using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;

namespace KvmActors.Linux.Memory;

/// <summary>How far a list of buffers has been gone through.</summary>
internal struct BufferCursor
{
    /// <summary>The buffer.</summary>
    public int Index;

    /// <summary>Bytes of it that are done.</summary>
    public ulong Offset;

    /// <summary>Where so many bytes are done.</summary>
    public static BufferCursor Behind(ReadOnlySpan<guest_iovec> buffers, ulong bytes)
    {
        var cursor = default(BufferCursor);
        while (cursor.Index < buffers.Length && bytes >= buffers[cursor.Index].iov_len)
        {
            bytes -= buffers[cursor.Index++].iov_len;
        }

        cursor.Offset = bytes;
        return cursor;
    }
}

/// <summary>
/// What a guest's addresses point to, in either address space. Used under the gate's one-at-a-time rule. A user page that
/// is not there is EFAULT and is remembered: the guest may map it and make the call again.
/// </summary>
internal sealed partial class GuestBuffers(GuestMemory memory)
{
    /// <summary>First address at which no guest kernel ever maps anything (HYPERCALL_SYSCALL of <c>guest/include/hypercall.h</c>).</summary>
    private const ulong MappableEnd = 1UL << 47;

    // What takes a few milliseconds of the host at the most, with random bytes the slowest: whoever moves more looks in between
    // whether the VM was told to stop. To look at memory is a walk through page tables for each 4 KiB.
    private const ulong ListedAtOnce = 1 << 20, LookedAtAtOnce = 64 << 20;

    /// <summary>All of the guest's memory.</summary>
    public GuestMemory Memory => memory;

    /// <summary>The user page that was missing; null when none was.</summary>
    public GuestFault? Fault { get; private set; }

    /// <summary>Forgets the last call.</summary>
    public void Begin() => Fault = null;

    /// <summary>Whether a buffer could be there at all, by its address and length alone.</summary>
    public bool IsPlausible(AddressSpace space, ulong address, ulong length) => space.Cr3 is null
        ? length == 0 || (length <= long.MaxValue && memory.Contains(new GuestPhysAddr(address), length))
        : length <= PageTableEntry.LowerHalfEnd && address <= PageTableEntry.LowerHalfEnd - length;

    /// <summary>Lists the pieces of guest memory that make up buffers, as many as one transfer takes or one look is long.</summary>
    /// <param name="space">What kind of addresses they have.</param>
    /// <param name="buffers">The buffers.</param>
    /// <param name="cursor">Where to begin; moved on. At the end when all is listed.</param>
    /// <param name="forWrite">Whether the guest's memory is to be written.</param>
    /// <param name="pieces">Receives the pieces; emptied first. Null to look only whether all is there.</param>
    /// <returns>None, or EFAULT when something on the way cannot be accessed.</returns>
    public Errno Map(AddressSpace space, ReadOnlySpan<guest_iovec> buffers, ref BufferCursor cursor, bool forWrite, GuestIoVector? pieces)
    {
        pieces?.Clear();
        var room = pieces is null ? LookedAtAtOnce : ListedAtOnce;
        for (; cursor.Index < buffers.Length; cursor = new BufferCursor { Index = cursor.Index + 1 })
        {
            var buffer = buffers[cursor.Index];
            while (cursor.Offset < buffer.iov_len)
            {
                if (room == 0 || pieces?.Count == GuestIoVector.Capacity)
                {
                    return Errno.None;
                }

                var address = buffer.iov_base + cursor.Offset;
                var part = Math.Min(room, buffer.iov_len - cursor.Offset);
                if (!TryTranslate(space, address, forWrite, out var physical, ref part)
                    || !(pieces?.TryAdd(memory, physical, part, forWrite) ?? memory.Contains(physical, part, forWrite)))
                {
                    return Errno.EFAULT;
                }

                cursor.Offset += part;
                room -= part;
            }
        }

        return Errno.None;
    }

    /// <summary>Whether a buffer is there and can be written.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno CheckWritable(AddressSpace space, ulong address, ulong length)
    {
        if (!IsPlausible(space, address, length))
        {
            return Errno.EFAULT;
        }

        var cursor = default(BufferCursor);
        var buffer = new guest_iovec { iov_base = address, iov_len = length };
        var errno = Errno.None;
        while (cursor.Index == 0 && errno == Errno.None)
        {
            errno = Map(space, new ReadOnlySpan<guest_iovec>(in buffer), ref cursor, forWrite: true, pieces: null);
        }

        return errno;
    }

    /// <summary>Copies bytes out of the guest.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno CopyIn(AddressSpace space, ulong address, Span<byte> target)
    {
        if (!IsPlausible(space, address, (ulong)target.Length))
        {
            return Errno.EFAULT;
        }

        while (!target.IsEmpty)
        {
            var part = (ulong)target.Length;
            if (!TryTranslate(space, address, forWrite: false, out var physical, ref part) || !memory.TryGetSpan(physical, part, out var source))
            {
                return Errno.EFAULT;
            }

            source.CopyTo(target);
            target = target[(int)part..];
            address += part;
        }

        return Errno.None;
    }

    /// <summary>Copies bytes into the guest: all of them or none.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno CopyOut(AddressSpace space, ulong address, ReadOnlySpan<byte> source)
    {
        if (CheckWritable(space, address, (ulong)source.Length) != Errno.None)
        {
            return Errno.EFAULT;
        }

        while (!source.IsEmpty)
        {
            var part = (ulong)source.Length;
            if (!TryTranslate(space, address, forWrite: true, out var physical, ref part) || !memory.TryWriteBytes(physical, source[..(int)part]))
            {
                return Errno.EFAULT;
            }

            source = source[(int)part..];
            address += part;
        }

        return Errno.None;
    }

    /// <summary>Copies a structure out of the guest.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno Read<T>(AddressSpace space, ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return CopyIn(space, address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Copies a structure into the guest.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno Write<T>(AddressSpace space, ulong address, in T value)
        where T : unmanaged => CopyOut(space, address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Copies a NUL-terminated path out of the guest.</summary>
    /// <param name="space">What kind of address it is.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="path">Receives it without the NUL; as long as a path may be.</param>
    /// <param name="length">Bytes before the NUL.</param>
    /// <returns>None, EFAULT, or ENAMETOOLONG.</returns>
    public Errno ReadPath(AddressSpace space, ulong address, Span<byte> path, out int length)
    {
        length = 0;
        if (space.Cr3 is null)
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
            var bytes = (ulong)(path.Length - copied);
            if (!TryTranslate(space, address, forWrite: false, out var physical, ref bytes))
            {
                return Errno.EFAULT;
            }

            var part = path.Slice(copied, (int)bytes);
            if (!memory.TryGetSpan(physical, bytes, out var source))
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
            address += bytes;
        }

        return Errno.ENAMETOOLONG;
    }

    // Cuts the length to what is in one piece there.
    private bool TryTranslate(AddressSpace space, ulong address, bool forWrite, out GuestPhysAddr physical, ref ulong length)
    {
        physical = new GuestPhysAddr(address);
        if (space.Cr3 is not { } cr3)
        {
            return true;
        }

        if (PageWalk.TryTranslate(memory, cr3, address, forWrite, out physical, out var bytesLeft))
        {
            length = Math.Min(length, bytesLeft);
            return true;
        }

        if (address < MappableEnd)
        {
            Fault ??= new GuestFault(address, forWrite);
        }

        return false;
    }
}
