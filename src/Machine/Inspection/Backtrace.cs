using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Inspection;

/// <summary>
/// Who called whom, as far as it can be told without unwind tables: frame pointers where code keeps them, and elsewhere what on the
/// stack looks like a return address. Each frame says which.
/// </summary>
internal static class Backtrace
{
    private const int MaxFrames = 48;
    private const int ScanBytes = 16384;
    private const ulong MaxFrameBytes = 1 << 20;

    // The longest call with an operand: prefix, opcode, ModRM, SIB, displacement.
    private const int MaxCallBytes = 7;

    /// <summary>Finds the frames, the innermost first.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="registers">General registers.</param>
    /// <param name="special">Segment and control registers.</param>
    /// <param name="isCode">Whether an address can be executed.</param>
    public static IReadOnlyList<StackFrame> Find(GuestMemory memory, in kvm_regs registers, in kvm_sregs special, Func<ulong, bool> isCode)
    {
        var bits = CodeMode.BitsOf(special);
        var frames = new List<StackFrame> { new(CodeMode.LinearRip(registers, special), FrameOrigin.Rip) };
        if (bits == 16)
        {
            return frames;
        }

        var size = bits / 8;
        var stack = CodeMode.LinearStack(registers, special);
        if (!isCode(frames[0].Address) && TryReturn(memory, special, stack, size, isCode, out var caller))
        {
            frames.Add(new StackFrame(caller, FrameOrigin.StackTop));
        }

        var next = FollowFramePointers(memory, special, registers.rbp, stack, size, isCode, frames);
        Scan(memory, special, next, next + ScanBytes, size, isCode, frames);
        return frames;
    }

    // With what is in between, where functions keep none. Returns where the stack has not been looked at yet.
    private static ulong FollowFramePointers(
        GuestMemory memory, in kvm_sregs special, ulong pointer, ulong stack, int size, Func<ulong, bool> isCode, List<StackFrame> frames)
    {
        while (frames.Count < MaxFrames && pointer >= stack && pointer - stack < MaxFrameBytes && pointer % (ulong)size == 0
            && TryReturn(memory, special, pointer + (ulong)size, size, isCode, out var caller)
            && LinearMemory.TryReadWord(memory, special, pointer, size, out var outer))
        {
            Scan(memory, special, stack, pointer, size, isCode, frames);
            frames.Add(new StackFrame(caller, FrameOrigin.FramePointer));
            stack = pointer + (ulong)(2 * size);
            pointer = outer;
        }

        return stack;
    }

    private static void Scan(
        GuestMemory memory, in kvm_sregs special, ulong stack, ulong end, int size, Func<ulong, bool> isCode, List<StackFrame> frames)
    {
        var known = frames.Count;
        for (var place = stack & ~(ulong)(size - 1); place < end && frames.Count < MaxFrames; place = unchecked(place + (ulong)size))
        {
            if (!LinearMemory.TryReadWord(memory, special, place, size, out _))
            {
                break;
            }

            // What a jump to nowhere has left at RSP is among the frames already.
            if (TryReturn(memory, special, place, size, isCode, out var caller)
                && !(frames.Count == known && frames[^1] is { Origin: FrameOrigin.StackTop } top && top.Address == caller))
            {
                frames.Add(new StackFrame(caller, FrameOrigin.StackScan));
            }
        }
    }

    private static bool TryReturn(GuestMemory memory, in kvm_sregs special, ulong place, int size, Func<ulong, bool> isCode, out ulong address)
    {
        Span<byte> code = stackalloc byte[MaxCallBytes];
        return LinearMemory.TryReadWord(memory, special, place, size, out address) && address > MaxCallBytes && isCode(address)
            && LinearMemory.Read(memory, special, address - MaxCallBytes, code) == MaxCallBytes && IsCall(code);
    }

    /// <summary>Whether code ends with a call: E8 with a displacement, or FF /2 with any operand (Intel SDM vol. 2A, CALL).</summary>
    internal static bool IsCall(ReadOnlySpan<byte> code)
    {
        if (code[^5] == 0xE8)
        {
            return true;
        }

        for (var length = 2; length <= MaxCallBytes; length++)
        {
            var call = code[^length..];
            if (call[0] == 0xFF && (call[1] & 0x38) == 0x10 && length == LengthOf(call[1], length > 2 ? call[2] : (byte)0))
            {
                return true;
            }
        }

        return false;
    }

    private static int LengthOf(byte modRm, byte sib)
    {
        var (mode, rm) = (modRm >> 6, modRm & 7);
        if (mode == 3)
        {
            return 2;
        }

        var operand = rm == 4 ? 1 : 0;
        var displacement = mode == 1 ? 1
            : mode == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5) ? 4
            : 0;
        return 2 + operand + displacement;
    }
}
