using System.Buffers.Binary;

namespace KvmActors.Machine.Images;

/// <summary>What an ELF file says of itself in its notes (System V ABI, chapter "Object Files", "Note Section").</summary>
public static class ElfNotes
{
    // A namesz, a descsz, a type; name and descriptor follow, each padded to a multiple of four bytes.
    private const int HeaderSize = 12, Alignment = 4;

    // NOTE_STARTS_VCPUS of guest/include/hypercall.h.
    private const uint StartsVcpus = 1;

    private static ReadOnlySpan<byte> Owner => "KvmActors\0"u8;

    /// <summary>Whether one of the notes says that the kernel begins with one vCPU and starts the others itself.</summary>
    /// <param name="notes">A PT_NOTE segment's bytes. What of it makes no sense says nothing.</param>
    public static bool SayStartsVcpus(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= HeaderSize)
        {
            var nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            notes = notes[HeaderSize..];
            if (type == StartsVcpus && nameSize == Owner.Length && notes.StartsWith(Owner))
            {
                return true;
            }

            var rest = Padded(nameSize) + Padded(size);
            if (rest > (ulong)notes.Length)
            {
                return false;
            }

            notes = notes[(int)rest..];
        }

        return false;
    }

    private static ulong Padded(uint size) => (size + Alignment - 1UL) & ~(Alignment - 1UL);
}
