using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Kvm.Native;

/// <summary>A memory slot (<c>linux/kvm.h</c>); sizes in bytes.</summary>
internal struct kvm_userspace_memory_region
{
    public uint slot;
    public uint flags;
    public ulong guest_phys_addr;
    public ulong memory_size;
    public ulong userspace_addr;
}

/// <summary>Asks for a slot's dirty pages, a bit each (<c>linux/kvm.h</c>).</summary>
internal unsafe struct kvm_dirty_log
{
    public uint slot;
    public uint padding1;
    public void* dirty_bitmap;
}

/// <summary>One CPUID leaf (<c>asm/kvm.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
public struct kvm_cpuid_entry2
{
    public uint function;
    public uint index;
    public uint flags;
    public uint eax, ebx, ecx, edx;
}

/// <summary>A port or address whose writes signal an eventfd inside the kernel (<c>linux/kvm.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct kvm_ioeventfd
{
    public ulong datamatch;
    public ulong addr;
    public uint len;
    public int fd;
    public uint flags;
}

/// <summary>Ports or addresses whose writes KVM gathers (<c>linux/kvm.h</c>).</summary>
internal struct kvm_coalesced_mmio_zone
{
    public ulong addr;
    public uint size;
    public uint pio;
}

/// <summary>One gathered write (<c>linux/kvm.h</c>).</summary>
internal struct kvm_coalesced_mmio
{
    public ulong phys_addr;
    public uint len;
    public uint pio;
    public ulong data;
}

/// <summary>The head of the ring of gathered writes; the entries follow it (<c>linux/kvm.h</c>).</summary>
internal struct kvm_coalesced_mmio_ring
{
    public uint first;
    public uint last;
}

/// <summary>Switches a capability on (<c>linux/kvm.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 104)]
internal struct kvm_enable_cap
{
    public uint cap;
    public uint flags;
    public Arguments args;

    [InlineArray(4)]
    public struct Arguments
    {
        private ulong _first;
    }
}

/// <summary>A bit for each of so many successive registers, set where the access is allowed (<c>asm/kvm.h</c>).</summary>
internal unsafe struct kvm_msr_filter_range
{
    public uint flags;
    public uint nmsrs;
    public uint @base;
    public byte* bitmap;
}

/// <summary>What a guest may do with model-specific registers (<c>asm/kvm.h</c>).</summary>
internal struct kvm_msr_filter
{
    public uint flags;
    public Ranges ranges;

    [InlineArray(16)]
    public struct Ranges
    {
        private kvm_msr_filter_range _first;
    }
}
