using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Inspection;

/// <summary>Looks at a vCPU that cannot go on, or stands at an exit. Call on its own thread.</summary>
public static class CrashInspector
{
    private const int StackBytes = 64;

    // An instruction has at most 15 bytes: room for a few on each side.
    private const int CodeBefore = 32, CodeAfter = 32;

    private const ulong Cr0ProtectionEnable = 1;

    /// <summary>Takes a report.</summary>
    /// <exception cref="SystemCallException">KVM does not give the registers.</exception>
    public static CrashReport Inspect(IVcpu vcpu, GuestMemory memory, string exit)
    {
        var registers = vcpu.GetRegisters();
        var special = vcpu.GetSpecialRegisters();
        var isProtected = (special.cr0 & Cr0ProtectionEnable) != 0;
        var bits = isProtected && special.cs.l != 0 ? 64 : special.cs.db != 0 ? 32 : 16;
        var rip = bits == 64 ? registers.rip : unchecked((uint)(special.cs.@base + registers.rip));
        var stack = bits == 64 ? registers.rsp : unchecked((uint)(special.ss.@base + registers.rsp));

        var before = ReadBackwards(memory, special, rip);
        return new CrashReport
        {
            VcpuIndex = vcpu.Index,
            Exit = exit,
            Registers = registers,
            SpecialRegisters = special,
            CodeBits = bits,
            LinearRip = rip,
            CodeStart = rip - (ulong)before.Length,
            Code = [.. before, .. Read(memory, special, rip, CodeAfter)],
            Stack = Read(memory, special, stack, StackBytes),
            RipWalk = PageWalkTrace.Follow(memory, special, rip),
            Cr2Walk = PageWalkTrace.Follow(memory, special, special.cr2),
        };
    }

    // As many bytes right before an address as can be read.
    private static byte[] ReadBackwards(GuestMemory memory, in kvm_sregs special, ulong linear)
    {
        for (var count = (int)Math.Min(CodeBefore, linear); count > 0; count--)
        {
            if (Read(memory, special, linear - (ulong)count, count) is { } bytes && bytes.Length == count)
            {
                return bytes;
            }
        }

        return [];
    }

    // As many bytes as can be read, following the page tables byte by byte: speed is no concern here.
    private static byte[] Read(GuestMemory memory, in kvm_sregs special, ulong linear, int count)
    {
        var bytes = new List<byte>(count);
        while (bytes.Count < count
            && PageWalkTrace.Follow(memory, special, unchecked(linear + (ulong)bytes.Count)).Physical is { } physical
            && memory.TryRead(new GuestPhysAddr(physical), out byte value))
        {
            bytes.Add(value);
        }

        return [.. bytes];
    }
}
