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

/// <summary>One CPUID leaf (<c>asm/kvm.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
public struct kvm_cpuid_entry2
{
    public uint function;
    public uint index;
    public uint flags;
    public uint eax, ebx, ecx, edx;
}
