using System.Runtime.CompilerServices;

namespace KvmActors.Interop.Memory;

/// <summary>Words that the guest's other vCPUs may change meanwhile: each access is one, as theirs are.</summary>
public sealed unsafe partial class GuestMemory
{
    /// <summary>Reads an aligned word in one access.</summary>
    /// <returns>False when it is outside memory or not aligned.</returns>
    public bool TryLoad(GuestPhysAddr address, out uint value)
    {
        if (TryGetWord(address, forGuestWrite: false, out var word))
        {
            // SAFETY: four aligned bytes at the pointer were checked.
            value = Volatile.Read(ref Unsafe.AsRef<uint>(word));
            return true;
        }

        value = 0;
        return false;
    }

    /// <summary>Writes an aligned word if it is what it is expected to be, in one access.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="expected">What it has to be.</param>
    /// <param name="value">What it becomes.</param>
    /// <param name="found">What it was: other than expected where nothing was written.</param>
    /// <returns>False when it is outside memory, not aligned, or where the guest cannot write.</returns>
    public bool TryCompareExchange(GuestPhysAddr address, uint expected, uint value, out uint found)
    {
        if (TryGetWord(address, forGuestWrite: true, out var word))
        {
            // SAFETY: four aligned bytes at the pointer were checked.
            found = Interlocked.CompareExchange(ref Unsafe.AsRef<uint>(word), value, expected);
            return true;
        }

        found = 0;
        return false;
    }

    private bool TryGetWord(GuestPhysAddr address, bool forGuestWrite, out byte* word)
    {
        word = null;
        return address.Value % sizeof(uint) == 0 && TryGetPointer(address, sizeof(uint), out word, forGuestWrite);
    }
}
