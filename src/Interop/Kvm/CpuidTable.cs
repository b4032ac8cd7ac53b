using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>An immutable set of CPUID leaves.</summary>
public sealed unsafe class CpuidTable
{
    /// <summary>Kernels allow at most this many (KVM_MAX_CPUID_ENTRIES of <c>asm/kvm_host.h</c>).</summary>
    private const int MaxEntries = 256;

    /// <summary><c>struct kvm_cpuid2</c>: a count, padding, then the entries.</summary>
    private const int HeaderBytes = 8;

    private readonly kvm_cpuid_entry2[] _entries;

    private CpuidTable(kvm_cpuid_entry2[] entries) => _entries = entries;

    /// <summary>The leaves.</summary>
    public ReadOnlySpan<kvm_cpuid_entry2> Entries => _entries;

    /// <summary>The table as one vCPU sees it: its index is its APIC id (Intel SDM vol. 2A, CPUID leaves 01H, 0BH and 1FH).</summary>
    public CpuidTable ForVcpu(int index)
    {
        var entries = _entries.ToArray();
        foreach (ref var entry in entries.AsSpan())
        {
            switch (entry.function)
            {
                case 0x1:
                    entry.ebx = (entry.ebx & 0x00FF_FFFF) | ((uint)index << 24);
                    break;
                case 0xB or 0x1F:
                    entry.edx = (uint)index;
                    break;
            }
        }

        return new CpuidTable(entries);
    }

    internal static CpuidTable GetSupported(FileDescriptor device)
    {
        var buffer = new byte[HeaderBytes + (MaxEntries * sizeof(kvm_cpuid_entry2))];
        MemoryMarshal.Write(buffer, MaxEntries);

        // SAFETY: the buffer holds the header and as many entries as it announces, pinned for the call.
        fixed (byte* pointer = buffer)
        {
            KvmDevice.Check(LibC.ioctl(device.Number, KvmApi.KVM_GET_SUPPORTED_CPUID, pointer), "KVM_GET_SUPPORTED_CPUID");
        }

        var count = MemoryMarshal.Read<int>(buffer);
        var entries = MemoryMarshal.Cast<byte, kvm_cpuid_entry2>(buffer.AsSpan(HeaderBytes))[..count].ToArray();
        foreach (ref var entry in entries.AsSpan())
        {
            HiddenFeatures.RemoveFrom(ref entry);
        }

        return new CpuidTable(entries);
    }

    internal void SetOn(FileDescriptor vcpu, string target)
    {
        var buffer = new byte[HeaderBytes + (_entries.Length * sizeof(kvm_cpuid_entry2))];
        MemoryMarshal.Write(buffer, _entries.Length);
        MemoryMarshal.AsBytes(_entries.AsSpan()).CopyTo(buffer.AsSpan(HeaderBytes));

        // SAFETY: as in GetSupported.
        fixed (byte* pointer = buffer)
        {
            KvmDevice.Check(LibC.ioctl(vcpu.Number, KvmApi.KVM_SET_CPUID2, pointer), "KVM_SET_CPUID2", target);
        }
    }
}
