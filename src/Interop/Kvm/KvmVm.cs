using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Kvm;

/// <summary>A virtual machine's file descriptor: its memory slots, and the vCPUs it creates.</summary>
public sealed unsafe class KvmVm : IDisposable
{
    /// <summary>Where Intel's KVM keeps an identity page table and a TSS for real mode: under the firmware's end of the 4 GiB.</summary>
    private const ulong IdentityMapAddress = 0xFFFB_C000;
    private const ulong TssAddress = 0xFFFB_D000;

    private readonly KvmDevice _device;
    private readonly FileDescriptor _fd;
    private uint _slots;

    internal KvmVm(KvmDevice device, FileDescriptor fd)
    {
        _device = device;
        _fd = fd;
        try
        {
            ReserveIntelPages();
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Makes every range of the memory visible to the guest, one slot each.</summary>
    /// <exception cref="KvmException">A slot was refused: EEXIST when it overlaps another, EINVAL when there are too many.</exception>
    public void MapMemory(GuestMemory memory)
    {
        foreach (ref readonly var region in memory.Regions)
        {
            var slot = new kvm_userspace_memory_region
            {
                slot = _slots,
                guest_phys_addr = region.Range.Start.Value,
                memory_size = region.Range.Length,
                userspace_addr = (ulong)region.Host,
            };

            // SAFETY: the structure is on this stack; the mapping outlives the VM by GuestMemory's contract.
            KvmDevice.Check(
                LibC.ioctl(_fd.Number, KvmApi.KVM_SET_USER_MEMORY_REGION, &slot),
                "KVM_SET_USER_MEMORY_REGION",
                $"slot {_slots} at {region.Range.Start}, {region.Range.Length} bytes");
            _slots++;
        }
    }

    /// <summary>Creates a vCPU with the CPUID leaves KVM supports. Call on the thread that will run it.</summary>
    /// <param name="index">0 and up, unique in this VM.</param>
    /// <exception cref="KvmException">KVM_CREATE_VCPU, its mapping or its set-up failed.</exception>
    public KvmVcpu CreateVcpu(int index)
    {
        var target = $"vCPU {index}";
        var fd = new FileDescriptor(KvmDevice.Check(LibC.ioctl(_fd.Number, KvmApi.KVM_CREATE_VCPU, (nuint)index), "KVM_CREATE_VCPU", target));
        try
        {
            _device.SupportedCpuid.ForVcpu(index).SetOn(fd, target);
            return new KvmVcpu(fd, index, _device.RunPageSize, (ulong)_device.CheckExtension(KvmCapability.SyncRegisters));
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Closes the VM. Its vCPUs must be closed before, its memory after.</summary>
    public void Dispose() => _fd.Dispose();

    private void ReserveIntelPages()
    {
        if (_device.CheckExtension(KvmCapability.SetIdentityMapAddress) > 0)
        {
            var address = IdentityMapAddress;

            // SAFETY: KVM reads eight bytes of this stack.
            KvmDevice.Check(LibC.ioctl(_fd.Number, KvmApi.KVM_SET_IDENTITY_MAP_ADDR, &address), "KVM_SET_IDENTITY_MAP_ADDR");
        }

        if (_device.CheckExtension(KvmCapability.SetTssAddress) > 0)
        {
            KvmDevice.Check(LibC.ioctl(_fd.Number, KvmApi.KVM_SET_TSS_ADDR, (nuint)TssAddress), "KVM_SET_TSS_ADDR");
        }
    }
}
