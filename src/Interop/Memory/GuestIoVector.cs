using System.Runtime.CompilerServices;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Memory;

/// <summary>
/// A reusable list of pieces of guest memory for one transfer between a file and the guest, without a copy in between.
/// Pieces are checked when added. Belongs to one thread; holds no memory alive, so use it only while the VM lives.
/// </summary>
public sealed unsafe class GuestIoVector
{
    /// <summary>The most pieces one transfer takes (IOV_MAX of <c>limits.h</c>).</summary>
    public const int Capacity = 1024;

    // On the pinned heap, so that Pieces stays valid while this object is referenced.
    private readonly LibC.iovec[] _pieces = GC.AllocateUninitializedArray<LibC.iovec>(Capacity, pinned: true);

    /// <summary>Pieces in the list, after neighbours were joined.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in all pieces.</summary>
    public ulong TotalBytes { get; private set; }

    internal LibC.iovec* Pieces => (LibC.iovec*)Unsafe.AsPointer(ref _pieces[0]);

    /// <summary>Empties the list.</summary>
    public void Clear()
    {
        Count = 0;
        TotalBytes = 0;
    }

    /// <summary>Adds a piece, joined with the one before where they touch in host memory.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="forWrite">Whether the transfer writes guest memory on the guest's behalf.</param>
    /// <returns>False when any byte is outside memory, may not be written, or the list is full; nothing is added then.</returns>
    public bool TryAdd(GuestMemory memory, GuestPhysAddr address, ulong length, bool forWrite = false)
    {
        if (!memory.TryGetPointer(address, length, out var pointer, forWrite))
        {
            return false;
        }

        // SAFETY: only addresses are compared; nothing is read through them here.
        if (Count > 0 && (byte*)_pieces[Count - 1].iov_base + _pieces[Count - 1].iov_len == pointer)
        {
            _pieces[Count - 1].iov_len += (nuint)length;
        }
        else if (Count < Capacity)
        {
            _pieces[Count++] = new LibC.iovec { iov_base = pointer, iov_len = (nuint)length };
        }
        else
        {
            return false;
        }

        TotalBytes += length;
        return true;
    }

    /// <summary>Leaves out what is beyond so many bytes.</summary>
    public void Shorten(ulong bytes)
    {
        for (; TotalBytes > bytes; Count--)
        {
            ref var last = ref _pieces[Count - 1];
            var beyond = TotalBytes - bytes;
            if (last.iov_len > beyond)
            {
                last.iov_len -= (nuint)beyond;
                TotalBytes = bytes;
                return;
            }

            TotalBytes -= last.iov_len;
        }
    }

    /// <summary>Makes the list one piece: the first bytes of a buffer of the host's.</summary>
    /// <param name="buffer">The buffer; must live as long as the list is used.</param>
    /// <param name="length">How many bytes; at most the buffer's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is shorter.</exception>
    public void Set(PinnedBuffer buffer, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, PinnedBuffer.Bytes);
        _pieces[0] = new LibC.iovec { iov_base = buffer.Pointer, iov_len = (nuint)length };
        Count = 1;
        TotalBytes = (ulong)length;
    }

    /// <summary>The bytes of one piece.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public Span<byte> GetPiece(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

        // SAFETY: the piece was checked when added; one longer than a span can be is cut by the checked conversion.
        return new Span<byte>(_pieces[index].iov_base, checked((int)_pieces[index].iov_len));
    }
}
