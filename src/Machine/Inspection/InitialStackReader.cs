using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Inspection;

/// <summary>Reads what a program found on its stack (System V psABI x86-64, section 3.4.1). It may have written there since.</summary>
public static class InitialStackReader
{
    // Arguments and environment together; Linux's own bound is in bytes, and so is InitialStack's.
    private const int MaxPointers = 1 << 18;
    private const int MaxVectorBytes = 1024;

    /// <summary>Reads the auxiliary vector, with its end mark.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="special">How addresses are translated.</param>
    /// <param name="stack">Where RSP was: argc, argv, NULL, envp, NULL, the vector.</param>
    /// <returns>Nothing where there is no such thing.</returns>
    public static byte[] ReadAuxiliaryVector(GuestMemory memory, in kvm_sregs special, ulong stack)
    {
        const int Word = sizeof(ulong);
        if (!LinearMemory.TryReadWord(memory, special, stack, Word, out var arguments) || arguments > MaxPointers)
        {
            return [];
        }

        var place = stack + ((arguments + 2) * Word);
        for (var count = 0; count < MaxPointers; count++, place += Word)
        {
            if (!LinearMemory.TryReadWord(memory, special, place, Word, out var pointer))
            {
                return [];
            }

            if (pointer == 0)
            {
                return ReadPairs(memory, special, place + Word);
            }
        }

        return [];
    }

    private static byte[] ReadPairs(GuestMemory memory, in kvm_sregs special, ulong place)
    {
        const int PairBytes = 2 * sizeof(ulong);
        var bytes = new byte[MaxVectorBytes];
        var read = LinearMemory.Read(memory, special, place, bytes);
        for (var offset = 0; offset + PairBytes <= read; offset += PairBytes)
        {
            if (BitConverter.ToUInt64(bytes, offset) == 0)
            {
                return bytes[..(offset + PairBytes)];
            }
        }

        return [];
    }
}
