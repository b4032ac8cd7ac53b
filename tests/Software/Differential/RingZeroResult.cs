using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Software.Tests.Differential;

/// <summary>How everything is when a program in ring 0 has halted.</summary>
internal sealed class RingZeroResult
{
    public required VcpuExitReason Reason { get; init; }

    public required kvm_regs Registers { get; init; }

    public required kvm_sregs Special { get; init; }

    public required byte[] FloatingPoint { get; init; }

    public required byte[] Memory { get; init; }

    public required string Ports { get; init; }

    /// <summary>What is different in another result; null for nothing.</summary>
    public string? Difference(RingZeroResult other)
    {
        if (Reason != other.Reason || Ports != other.Ports)
        {
            return $"{Reason} [{Ports}] at {Registers.rip:x} against {other.Reason} [{other.Ports}] at {other.Registers.rip:x}";
        }

        // What is left after a triple fault is no two KVMs' the same.
        if (Reason == VcpuExitReason.Shutdown)
        {
            return null;
        }

        var differences = List(this).Zip(List(other))
            .Where(pair => pair.First.Value != pair.Second.Value)
            .Select(pair => $"{pair.First.Name} {pair.First.Value:x} against {pair.Second.Value:x}")
            .Append(Difference("memory", Memory, other.Memory))
            .Append(Difference("floating point", WithoutPointers(FloatingPoint), WithoutPointers(other.FloatingPoint)))
            .OfType<string>().ToList();
        return differences.Count == 0 ? null : string.Join(", ", differences);
    }

    // Nor does QEMU tell of denormal operands as processors do.
    private static byte[] WithoutPointers(byte[] image) => [.. image[..6], .. new byte[18], (byte)(image[24] & 0xFD), .. image[25..28], .. new byte[4], .. image[32..416]];

    private static string? Difference(string name, byte[] mine, byte[] theirs)
    {
        var length = mine.AsSpan().CommonPrefixLength(theirs);
        return length == mine.Length ? null : $"{name}+{length:x}: {Convert.ToHexString(mine, length, Math.Min(16, mine.Length - length))} against {Convert.ToHexString(theirs, length, Math.Min(16, mine.Length - length))}";
    }

    private static List<(string Name, ulong Value)> List(RingZeroResult result)
    {
        var (r, s) = (result.Registers, result.Special);
        List<(string, ulong)> list =
        [
            ("rip", r.rip), ("rflags", r.rflags), ("rax", r.rax), ("rbx", r.rbx), ("rcx", r.rcx), ("rdx", r.rdx), ("rsi", r.rsi), ("rdi", r.rdi),
            ("rsp", r.rsp), ("rbp", r.rbp), ("r8", r.r8), ("r9", r.r9), ("r10", r.r10), ("r11", r.r11), ("r12", r.r12), ("r13", r.r13),
            ("r14", r.r14), ("r15", r.r15), ("cr0", s.cr0), ("cr2", s.cr2), ("cr3", s.cr3), ("cr4", s.cr4), ("cr8", s.cr8), ("efer", s.efer),
            ("gdt", s.gdt.@base), ("gdt's limit", s.gdt.limit), ("idt", s.idt.@base), ("idt's limit", s.idt.limit),
        ];
        foreach (var (name, segment) in ((string, kvm_segment)[])[("cs", s.cs), ("ss", s.ss), ("ds", s.ds), ("es", s.es), ("fs", s.fs), ("gs", s.gs), ("tr", s.tr), ("ldt", s.ldt)])
        {
            list.Add((name, segment.selector));

            // A table whose selector is null cannot be used, whatever KVM finds in it.
            var isUnusable = segment.unusable != 0 || (name == "ldt" && segment.selector < 4);

            // Only a task that is busy can be the current one: QEMU keeps it as it was before.
            var rights = Rights(segment) | (name == "tr" ? 2UL : 0);

            // A segment that cannot be used has no more than its selector. G is what KVM makes of the limit.
            list.Add(($"{name}'s base", isUnusable ? ulong.MaxValue : segment.@base));
            list.Add(($"{name}'s rights", isUnusable ? ulong.MaxValue : rights));
            list.Add(($"{name}'s limit", isUnusable ? ulong.MaxValue : segment.limit));
        }

        return list;
    }

    private static ulong Rights(in kvm_segment segment) =>
        segment.type | ((ulong)segment.s << 4) | ((ulong)segment.dpl << 5) | ((ulong)segment.present << 7) | ((ulong)segment.l << 8) | ((ulong)segment.db << 9);
}
