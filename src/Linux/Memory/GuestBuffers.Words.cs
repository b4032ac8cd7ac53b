using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Memory;

/// <summary>Aligned words of four bytes, which other vCPUs change meanwhile.</summary>
internal sealed partial class GuestBuffers
{
    /// <summary>Where an address is in the guest's memory.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno Locate(AddressSpace space, ulong address, bool forWrite, out GuestPhysAddr physical)
    {
        var length = (ulong)sizeof(uint);
        return TryTranslate(space, address, forWrite, out physical, ref length) && memory.Contains(physical, length, forWrite) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>Reads a word in one access.</summary>
    /// <returns>None or EFAULT.</returns>
    public Errno LoadWord(AddressSpace space, ulong address, out uint value)
    {
        value = 0;
        return Locate(space, address, forWrite: false, out var physical) == Errno.None && memory.TryLoad(physical, out value) ? Errno.None : Errno.EFAULT;
    }
}
