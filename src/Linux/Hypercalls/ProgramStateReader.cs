using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Debugging;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Hypercalls;

/// <summary>Reads what <c>HYPERCALL_CONTEXT</c> shows of a program (<c>guest/include/hypercall.h</c>).</summary>
internal static class ProgramStateReader
{
    private const int ErrorCodeWord = 16;

    // A kernel that makes a ring of more is not ours.
    private const int MaxAreas = 65536;

    private const ulong Present = 1, Writable = 2, NoExecute = 1UL << 63;

    /// <summary>Reads it.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="special">How the kernel's addresses are translated.</param>
    /// <param name="address">Where the arguments are, guest-physical.</param>
    /// <returns>Null when the registers are outside memory.</returns>
    public static ProgramState? Read(GuestMemory memory, in kvm_sregs special, uint address)
    {
        Span<ulong> words = stackalloc ulong[UserRegisters.ContextWords];
        if (!memory.TryRead(new GuestPhysAddr(address), out ulong registers) || !TryReadWords(memory, registers, words)
            || !memory.TryRead(new GuestPhysAddr(address + sizeof(ulong)), out ulong ring)
            || !memory.TryRead(new GuestPhysAddr(address + (2 * sizeof(ulong))), out ulong stack))
        {
            return null;
        }

        var program = UserRegisters.FromContext(words, registers);
        return new ProgramState(program.General, program.CodeSelector, program.StackSelector)
        {
            Vector = program.Vector,
            ErrorCode = words[ErrorCodeWord],
            Areas = ReadAreas(memory, special, ring),
            InitialStack = stack,
        };
    }

    private static bool TryReadWords(GuestMemory memory, ulong address, Span<ulong> words)
    {
        for (var index = 0; index < words.Length; index++)
        {
            if (!memory.TryRead(new GuestPhysAddr(address + (ulong)(index * sizeof(ulong))), out words[index]))
            {
                return false;
            }
        }

        return true;
    }

    // What of the ring can be read, as far as it goes upwards.
    private static List<ProgramArea> ReadAreas(GuestMemory memory, in kvm_sregs special, ulong head)
    {
        var areas = new List<ProgramArea>();
        var (node, above) = (head, 0UL);
        while (areas.Count < MaxAreas && TryRead(memory, special, node, 0, out var next) && next != head
            && TryRead(memory, special, next, 2, out var start) && TryRead(memory, special, next, 3, out var end)
            && TryRead(memory, special, next, 4, out var bits) && start >= above && end > start)
        {
            areas.Add(new ProgramArea(start, end, (bits & Present) != 0, (bits & Writable) != 0, (bits & Present) != 0 && (bits & NoExecute) == 0));
            (node, above) = (next, end);
        }

        return areas;
    }

    private static bool TryRead(GuestMemory memory, in kvm_sregs special, ulong node, int word, out ulong value) =>
        LinearMemory.TryReadWord(memory, special, unchecked(node + (ulong)(word * sizeof(ulong))), sizeof(ulong), out value);
}
