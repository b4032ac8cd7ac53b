using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>
/// Puts a vCPU into a state that a guest could have brought it to, or worse: part after part, each with random values of which KVM takes
/// what it takes.
/// </summary>
internal static unsafe class RandomState
{
    // XMM0 to XMM15 of the legacy region, and the header's XSTATE_BV (Intel SDM vol. 1, sections 10.5.1 and 13.4.2).
    private const int Mxcsr = 24, XstateBv = 512, ExtendedStart = 576, LegacyStart = 32;
    private const ulong SseAndX87 = 3, Avx = 4;

    private static readonly uint[] Kept = [.. GuestMsrs.Kept.SelectMany(range => range.Indices)];

    private static readonly ulong[] Words = [0, 1, 0x10, 0xCAFE_F00D, 0x0606_0606_0606_0606, 0x1234_5000, 0x7FFF_FFFF_F000, 0xFFFF_8000_0000_0000, ulong.MaxValue];

    /// <summary>Changes one part.</summary>
    public static void Change(KvmVcpu vcpu, FuzzInput input)
    {
        switch (input.Next(8))
        {
            case 0:
                var registers = vcpu.GetRegisters();
                Scatter(ref registers, input, 8);
                Set(vcpu, input, "registers", KvmApi.KVM_SET_REGS, registers);
                break;
            case 1:
                var special = vcpu.GetSpecialRegisters();
                ChangeSpecial(ref special, input);
                Note(input, $"CR0 {special.cr0:x} CR2 {special.cr2:x} CR3 {special.cr3:x} CR4 {special.cr4:x} CR8 {special.cr8:x} EFER {special.efer:x} CS {special.cs.selector:x}");
                Set(vcpu, input, "special registers", KvmApi.KVM_SET_SREGS, special);
                break;
            case 2:
                kvm_vcpu_events events = default;
                Scatter(ref events, input, 1 + input.Next(8));
                Set(vcpu, input, "events", KvmApi.KVM_SET_VCPU_EVENTS, events);
                break;
            case 3:
                kvm_debugregs debug = default;
                Scatter(ref debug, input, 2);
                (debug.dr6, debug.dr7, debug.flags) = (0xFFFF_0FF0 | ((ulong)input.Next(16)), 0x400 | (ulong)input.Next(256), 0);
                debug.reserved = default;
                Set(vcpu, input, "debug registers", KvmApi.KVM_SET_DEBUGREGS, debug);
                break;
            case 4:
                var control = new kvm_xcrs { nr_xcrs = 1 };
                control.xcrs[0] = new kvm_xcr { value = input.Pick<ulong>([1, 3, 7, 0xE7, 2, 0]) };
                Set(vcpu, input, "XCR0", KvmApi.KVM_SET_XCRS, control);
                break;
            case 5:
                ChangeExtendedState(vcpu, input);
                break;
            default:
                Span<byte> request = stackalloc byte[24];
                MemoryMarshal.Write(request, 1);
                var index = input.Pick<uint>(Kept);
                MemoryMarshal.Write(request[8..], index);
                MemoryMarshal.Write(request[16..], input.OneIn(4) ? input.Bits() : input.Pick(Words));
                fixed (byte* pointer = request)
                {
                    input.Count(LibC.ioctl(vcpu.Descriptor.Number, KvmApi.KVM_SET_MSRS, pointer) == 1 ? "MSR" : "MSR refused");
                }

                Note(input, $"MSR 0x{index:x}");
                break;
        }
    }

    /// <summary>Segments anywhere, descriptor tables, CR2, CR8; sometimes a mode of its own, which may be refused.</summary>
    public static void ChangeSpecial(ref kvm_sregs special, FuzzInput input)
    {
        foreach (ref var segment in MemoryMarshal.CreateSpan(ref special.cs, 8))
        {
            if (input.OneIn(2))
            {
                (segment.@base, segment.selector, segment.limit) = ((uint)input.Bits(), (ushort)input.Next(0x1_0000), (uint)input.Bits());
                (segment.type, segment.g, segment.db) = ((byte)input.Next(16), (byte)input.Next(2), (byte)input.Next(2));
            }
        }

        (special.gdt.@base, special.idt.@base, special.cr2, special.cr8) = (input.Bits(), input.Pick(Words), input.Bits(), (ulong)input.Next(16));
        (special.gdt.limit, special.idt.limit) = ((ushort)input.Next(0x1_0000), (ushort)input.Next(0x1_0000));
        if (input.OneIn(4))
        {
            special.cr3 = input.Pick(Words);
            special.cr0 ^= input.Pick<ulong>([0x2, 0x4, 0x8, 0x20, 0x1_0000, 0x4_0000, 1, 0x8000_0000, 0x6000_0000]);
            special.cr4 ^= input.Pick<ulong>([0x8, 0x4, 0x10, 0x80, 0x200, 0x20, 0x1_0000, 0x4_0000, 0x10_0000]);
            special.efer ^= input.Pick<ulong>([0, 1, 0x800, 0x100, 0x500, 0x1000]);
            special.apic_base ^= input.Pick<ulong>([0, 0x800, 0x400, 0x1_0000]);
        }
    }

    private static void ChangeExtendedState(KvmVcpu vcpu, FuzzInput input)
    {
        var state = vcpu.SaveExtendedState();
        Scatter(state.AsSpan(LegacyStart, 384), input, 16);
        Scatter(state.AsSpan(ExtendedStart, 256), input, 8);
        MemoryMarshal.Write(state.AsSpan(Mxcsr), (uint)input.Pick<int>([0x1F80, 0x9FC0, 0, 0x1FBF]));
        MemoryMarshal.Write(state.AsSpan(XstateBv), (SseAndX87 & (ulong)input.Next(4)) | (input.OneIn(2) ? Avx : 0));
        fixed (byte* pointer = state)
        {
            input.Count(LibC.ioctl(vcpu.Descriptor.Number, KvmApi.KVM_SET_XSAVE, pointer) >= 0 ? "extended state" : "extended state refused");
        }

        Note(input, "extended state");
    }

    /// <summary>Puts random numbers into some places of a structure.</summary>
    public static void Scatter<T>(ref T value, FuzzInput input, int count)
        where T : unmanaged => Scatter(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)), input, count);

    private static void Scatter(Span<byte> bytes, FuzzInput input, int count)
    {
        for (; count > 0; count--)
        {
            var at = input.Next(bytes.Length);
            if (bytes.Length - at >= sizeof(ulong) && input.OneIn(2))
            {
                MemoryMarshal.Write(bytes[(at & ~7)..], input.OneIn(2) ? input.Bits() : input.Pick(Words));
            }
            else
            {
                bytes[at] = (byte)input.Next(256);
            }
        }
    }

    private static void Set<T>(KvmVcpu vcpu, FuzzInput input, string what, uint request, T value)
        where T : unmanaged
    {
        var isTaken = LibC.ioctl(vcpu.Descriptor.Number, request, Unsafe.AsPointer(ref value)) >= 0;
        input.Count(isTaken ? what : $"{what} refused");
        Note(input, isTaken ? what : $"{what} refused");
    }

    private static void Note(FuzzInput input, string what)
    {
        if (input.IsDescribed)
        {
            input.Note($"set {what}");
        }
    }
}
