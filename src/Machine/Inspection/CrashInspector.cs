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

    /// <summary>Takes a report.</summary>
    /// <exception cref="SystemCallException">KVM does not give the registers.</exception>
    public static CrashReport Inspect(IVcpu vcpu, GuestMemory memory, string exit)
    {
        var registers = vcpu.GetRegisters();
        var special = vcpu.GetSpecialRegisters();
        var rip = CodeMode.LinearRip(registers, special);

        var before = ReadBackwards(memory, special, rip);
        return new CrashReport
        {
            VcpuIndex = vcpu.Index,
            Exit = exit,
            Registers = registers,
            SpecialRegisters = special,
            CodeBits = CodeMode.BitsOf(special),
            LinearRip = rip,
            CodeStart = rip - (ulong)before.Length,
            Code = [.. before, .. Read(memory, special, rip, CodeAfter)],
            Stack = Read(memory, special, CodeMode.LinearStack(registers, special), StackBytes),
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

    private static byte[] Read(GuestMemory memory, in kvm_sregs special, ulong linear, int count)
    {
        var bytes = new byte[count];
        return bytes[..LinearMemory.Read(memory, special, linear, bytes)];
    }
}
