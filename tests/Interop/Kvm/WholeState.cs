using System.Buffers.Binary;
using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Kvm;

/// <summary>
/// All that KVM tells of a vCPU, whether or not anything of ours ever sets it: every KVM_GET there is for one, and every
/// model-specific register that answers.
/// </summary>
internal sealed unsafe class WholeState
{
    // linux/kvm.h. What a KVM does not have it refuses, and that is compared too. Not KVM_GET_FPU: of registers in their initial state
    // it gives the bytes that were there before, which no guest gets to see.
    private static readonly (string Name, uint Request, int Bytes)[] Requests =
    [
        ("KVM_GET_REGS", KvmApi.KVM_GET_REGS, sizeof(kvm_regs)),
        ("KVM_GET_SREGS", KvmApi.KVM_GET_SREGS, sizeof(kvm_sregs)),
        ("KVM_GET_SREGS2", 0x8140_AECC, 320),
        ("KVM_GET_XSAVE2", KvmApi.KVM_GET_XSAVE2, 16384),
        ("KVM_GET_XSAVE", KvmApi.KVM_GET_XSAVE, 4096),
        ("KVM_GET_XCRS", KvmApi.KVM_GET_XCRS, sizeof(kvm_xcrs)),
        ("KVM_GET_DEBUGREGS", KvmApi.KVM_GET_DEBUGREGS, sizeof(kvm_debugregs)),
        ("KVM_GET_VCPU_EVENTS", KvmApi.KVM_GET_VCPU_EVENTS, sizeof(kvm_vcpu_events)),
        ("KVM_GET_MP_STATE", 0x8004_AE98, 4),
        ("KVM_GET_LAPIC", 0x8400_AE8E, 1024),
        ("KVM_GET_TSC_KHZ", 0xAEA3, 0),
        ("KVM_GET_CPUID2", 0xC008_AE91, 8 + (256 * 40)),
        ("KVM_GET_NESTED_STATE", 0xC080_AEBE, 128 + 8192),
    ];

    // What goes on by itself: IA32_TIME_STAMP_COUNTER, IA32_MPERF and IA32_APERF, Hyper-V's times (its TLFS, appendix F).
    private static readonly MsrRange[] Clocks = [new(0x10, 0x10), new(0xE7, 0xE8), new(0xC000_00E7, 0xC000_00E9), new(0x4000_0010, 0x4000_0010), new(0x4000_0020, 0x4000_0021)];

    // XSTATE_BV (Intel SDM vol. 1, section 13.4.2). A processor may take registers in their initial state for used ones; KVM gives
    // their initial contents either way, so that these are what is compared.
    private const int XstateBv = 512;

    private readonly List<(string Name, byte[] Bytes)> _parts = [];

    private WholeState(MsrList registers, KvmVcpu vcpu)
    {
        foreach (var (name, request, bytes) in Requests)
        {
            _parts.Add((name, Ask(vcpu, request, bytes)));
        }

        Registers = registers.Get(vcpu.Descriptor, "the vCPU");
    }

    /// <summary>The model-specific registers, as KVM_GET_MSRS has them.</summary>
    public byte[] Registers { get; }

    /// <summary>Reads it. What travels in the run page has to have arrived.</summary>
    /// <param name="registers">From <see cref="MsrList.FindReadable"/>.</param>
    /// <param name="vcpu">The vCPU, not running.</param>
    public static WholeState Of(MsrList registers, KvmVcpu vcpu) => new(registers, vcpu);

    /// <summary>What is not the same, one line each.</summary>
    public IReadOnlyList<string> DifferencesTo(WholeState other)
    {
        var differences = new List<string>();
        foreach (var ((name, ours), (_, theirs)) in _parts.Zip(other._parts))
        {
            if (!ours.AsSpan().SequenceEqual(theirs))
            {
                var at = ours.AsSpan().CommonPrefixLength(theirs);
                differences.Add($"{name}: from byte {at} on, {Convert.ToHexString(ours.AsSpan(at, Math.Min(16, ours.Length - at)))}, and {Convert.ToHexString(theirs.AsSpan(at, Math.Min(16, theirs.Length - at)))}");
            }
        }

        differences.AddRange(ChangedRegisters(other).Select(index => $"MSR 0x{index:x}"));
        return differences;
    }

    /// <summary>The model-specific registers that hold something else, clocks left out.</summary>
    public IEnumerable<uint> ChangedRegisters(WholeState other)
    {
        Assert.Equal(Registers.Length, other.Registers.Length);
        if (Registers.AsSpan().SequenceEqual(other.Registers))
        {
            yield break;
        }

        for (var entry = 8; entry < Registers.Length; entry += 16)
        {
            var index = BinaryPrimitives.ReadUInt32LittleEndian(Registers.AsSpan(entry));
            if (!Registers.AsSpan(entry, 16).SequenceEqual(other.Registers.AsSpan(entry, 16)) && !Array.Exists(Clocks, range => range.Contains(index)))
            {
                yield return index;
            }
        }
    }

    // What was answered, then the data.
    private static byte[] Ask(KvmVcpu vcpu, uint request, int bytes)
    {
        var answer = new byte[sizeof(long) + bytes];
        if (request == 0xC008_AE91)
        {
            MemoryMarshal.Write(answer.AsSpan(sizeof(long)), 256);
        }

        if (request == 0xC080_AEBE)
        {
            MemoryMarshal.Write(answer.AsSpan(sizeof(long) + 4), bytes);
        }

        fixed (byte* pointer = answer)
        {
            // SAFETY: the buffer is as long as what is asked for, pinned for the call.
            var result = LibC.ioctl(vcpu.Descriptor.Number, request, pointer + sizeof(long));
            MemoryMarshal.Write(answer, result < 0 ? -(long)LibC.LastError : result);
        }

        if (request is KvmApi.KVM_GET_XSAVE or KvmApi.KVM_GET_XSAVE2)
        {
            answer.AsSpan(sizeof(long) + XstateBv, sizeof(ulong)).Clear();
        }

        return answer;
    }
}
