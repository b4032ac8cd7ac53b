using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Functions;

/// <summary>
/// The buffer through which a function's arguments and answer go: a header, and so many bytes behind it. What the guest says in it is
/// copied once and checked. Belongs to a vCPU's thread.
/// </summary>
internal sealed class FunctionBuffer(GuestMemory memory)
{
    /// <summary>The most bytes that one call or answer has, so that no guest can have the host take more.</summary>
    public const int MaxBytes = 64 << 20;

    private const ulong HeaderBytes = 16;

    private readonly GuestBuffers _buffers = new(memory);

    /// <summary>The page that was missing; null when none was.</summary>
    public GuestFault? Fault => _buffers.Fault;

    /// <summary>How many bytes fit behind the header.</summary>
    public static int RoomIn(ulong capacity) => capacity < HeaderBytes ? -1 : (int)Math.Min(capacity - HeaderBytes, MaxBytes);

    /// <summary>Forgets the last call.</summary>
    public void Begin() => _buffers.Begin();

    /// <summary>Whether all of a buffer is there to be written.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno Check(AddressSpace space, ulong address, ulong capacity) =>
        _buffers.CheckWritable(space, address, Math.Min(capacity, HeaderBytes + MaxBytes));

    /// <summary>Reads the header.</summary>
    /// <param name="space">What kind of address it has.</param>
    /// <param name="address">Where the buffer is.</param>
    /// <param name="capacity">How long it is.</param>
    /// <param name="hasFailed">Whether what follows is the message of an error.</param>
    /// <param name="bytes">How many bytes follow.</param>
    /// <returns>None, EFAULT, or EINVAL when more would follow than there is room for.</returns>
    public Errno ReadHeader(AddressSpace space, ulong address, ulong capacity, out bool hasFailed, out int bytes)
    {
        (hasFailed, bytes) = (false, 0);
        var errno = _buffers.Read(space, address, out Header header);
        if (errno != Errno.None)
        {
            return errno;
        }

        hasFailed = header.Status != 0;
        if (RoomIn(capacity) is var room && (room < 0 || header.Length > (ulong)room))
        {
            return Errno.EINVAL;
        }

        bytes = (int)header.Length;
        return Errno.None;
    }

    /// <summary>Reads what follows the header.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno ReadData(AddressSpace space, ulong address, Span<byte> target) => _buffers.CopyIn(space, address + HeaderBytes, target);

    /// <summary>Writes a header and what follows it, which fits.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno Write(AddressSpace space, ulong address, bool hasFailed, ReadOnlySpan<byte> data)
    {
        // The data first: a page that is missing there keeps the header from being written, too.
        var errno = data.IsEmpty ? Errno.None : _buffers.CopyOut(space, address + HeaderBytes, data);
        return errno == Errno.None ? WriteHeader(space, address, hasFailed, data.Length) : errno;
    }

    /// <summary>Writes a header alone.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno WriteHeader(AddressSpace space, ulong address, bool hasFailed, int bytes) =>
        _buffers.Write(space, address, new Header(hasFailed ? 1u : 0, 0, (ulong)bytes));

    /// <summary>Copies a structure out of the guest.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno Read<T>(AddressSpace space, ulong address, out T value)
        where T : unmanaged => _buffers.Read(space, address, out value);

    /// <summary>Copies a NUL-terminated text out of the guest.</summary>
    /// <returns>None, EFAULT, or ENAMETOOLONG.</returns>
    public Errno ReadText(AddressSpace space, ulong address, Span<byte> text, out int length) => _buffers.ReadPath(space, address, text, out length);

    private readonly record struct Header(uint Status, uint Reserved, ulong Length);
}
