using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Execution;

/// <summary>
/// Has a 64-bit guest take an interrupt in ring 3, as the processor would (Intel SDM vol. 3A, section 6.14): by its own IDT, on the stack
/// that its TSS names. No interrupt controller has a part in it. The vCPU's last instruction must be complete.
/// </summary>
internal static class InterruptDelivery
{
    private const int GateBytes = 16, FrameWords = 5;
    private const byte InterruptGate = 0xE, TypeMask = 0x1F, Present = 0x80;
    private const int PrivilegeMask = 3, KernelStackInTss = 4;

    // TF, IF, NT, RF, VM: what an interrupt gate clears.
    private const ulong ClearedFlags = 0x34300;

    /// <summary>Delivers it.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="vector">The vector.</param>
    /// <returns>False when the guest is in ring 0 or about to be, has no gate for it or no stack: nothing has changed then.</returns>
    public static bool TryDeliver(IVcpu vcpu, GuestMemory memory, byte vector)
    {
        var special = vcpu.GetSpecialRegisters();
        if ((special.cs.selector & PrivilegeMask) != PrivilegeMask || special.cs.l == 0 || vcpu.IsDelivering)
        {
            return false;
        }

        Span<byte> gate = stackalloc byte[GateBytes];
        if (((vector + 1) * GateBytes) - 1 > special.idt.limit
            || LinearMemory.Read(memory, special, special.idt.@base + ((ulong)vector * GateBytes), gate) != GateBytes
            || (gate[5] & (Present | TypeMask)) != (Present | InterruptGate)
            || !LinearMemory.TryReadWord(memory, special, special.tr.@base + KernelStackInTss, sizeof(ulong), out var stack))
        {
            return false;
        }

        var registers = vcpu.GetRegisters();
        Span<ulong> frame = [registers.rip, special.cs.selector, registers.rflags, registers.rsp, special.ss.selector];
        var bottom = (stack & ~0xFUL) - (FrameWords * sizeof(ulong));
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(frame);
        if (LinearMemory.Write(memory, special, bottom, bytes) != bytes.Length)
        {
            return false;
        }

        var handler = BitConverter.ToUInt16(gate) | ((ulong)BitConverter.ToUInt16(gate[6..]) << 16) | ((ulong)BitConverter.ToUInt32(gate[8..]) << 32);
        registers.rip = handler;
        registers.rsp = bottom;
        registers.rflags &= ~ClearedFlags;
        special.cs = KernelCode(BitConverter.ToUInt16(gate[2..]));
        special.ss = NullStack();
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(registers);
        return true;
    }

    // What 64-bit code segments are, whatever the rest of their descriptors says.
    private static kvm_segment KernelCode(ushort selector) => new()
    {
        limit = uint.MaxValue,
        selector = (ushort)(selector & ~PrivilegeMask),
        type = 0xB,
        present = 1,
        s = 1,
        l = 1,
        g = 1,
    };

    private static kvm_segment NullStack() => new() { limit = uint.MaxValue, type = 3, s = 1, g = 1, unusable = 1 };
}
