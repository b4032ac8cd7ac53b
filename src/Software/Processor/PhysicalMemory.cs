using KvmActors.Interop.Memory;

namespace KvmActors.Software.Processor;

/// <summary>What is at guest-physical addresses: the slots of a machine.</summary>
internal sealed class PhysicalMemory
{
    private GuestSlot[] _slots = [];

    /// <summary>Whether several threads run processors of this machine, so that what is atomic has to be so.</summary>
    public bool IsShared { get; set; }

    /// <summary>Held by those who change 16 bytes atomically, for which there is no operation of the host's.</summary>
    public Lock WideExchange { get; } = new();

    /// <summary>Adds slots.</summary>
    public void Add(IEnumerable<GuestSlot> slots) => _slots = [.. _slots, .. slots];

    /// <summary>Finds the slot of an address; null where nothing is.</summary>
    public GuestSlot? Find(ulong physical)
    {
        foreach (var slot in _slots)
        {
            if (unchecked(physical - slot.Range.Start.Value) < slot.Range.Length)
            {
                return slot;
            }
        }

        return null;
    }
}
