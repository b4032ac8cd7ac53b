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
    private const ulong FourGiB = 1UL << 32;

    /// <summary>IA32_MCG_CAP: a count of banks and no features (Intel SDM vol. 3B, section 17.3.1.1).</summary>
    private const ulong OneBank = 1;

    private readonly KvmDevice _device;
    private readonly FileDescriptor _fd;
    private readonly List<ulong> _slots = [];
    private ulong _end;
    private byte* _anyPage;

    private KvmVm(KvmDevice device, FileDescriptor fd)
    {
        _device = device;
        _fd = fd;
    }

    /// <summary>Prepares a VM that was just created.</summary>
    /// <param name="device">The device.</param>
    /// <param name="fd">The VM; closed when this fails.</param>
    /// <exception cref="KvmException">KVM refused.</exception>
    internal static KvmVm Create(KvmDevice device, FileDescriptor fd)
    {
        var vm = new KvmVm(device, fd);
        try
        {
            vm.ReserveIntelPages();
            vm.Harden();
            return vm;
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Makes every range of the memory visible to the guest, one slot each.</summary>
    /// <exception cref="KvmException">A slot was refused: EEXIST when it overlaps another, EINVAL when there are too many.</exception>
    /// <param name="memory">The memory; it must outlive the VM.</param>
    /// <param name="logsDirtyPages">Whether KVM notes the pages that the guest writes; see <see cref="TakeDirtyPages"/>.</param>
    public void MapMemory(GuestMemory memory, bool logsDirtyPages = false)
    {
        foreach (ref readonly var region in memory.Regions)
        {
            var slot = new kvm_userspace_memory_region
            {
                slot = (uint)_slots.Count,
                flags = (region.Range.IsReadOnly ? KvmApi.KVM_MEM_READONLY : 0) | (logsDirtyPages ? KvmApi.KVM_MEM_LOG_DIRTY_PAGES : 0),
                guest_phys_addr = region.Range.Start.Value,
                memory_size = region.Range.Length,
                userspace_addr = (ulong)region.Host,
            };
            _anyPage = region.Host;

            // SAFETY: the structure is on this stack; the mapping outlives the VM by GuestMemory's contract.
            KvmDevice.Check(
                LibC.ioctl(_fd.Number, KvmApi.KVM_SET_USER_MEMORY_REGION, &slot),
                "KVM_SET_USER_MEMORY_REGION",
                $"slot {_slots.Count} at {region.Range.Start}, {region.Range.Length} bytes");
            _slots.Add(region.Range.Length);
            _end = Math.Max(_end, region.Range.End.Value);
        }
    }

    /// <summary>Takes the pages that the guest has written since the last call, or since they were mapped with logging.</summary>
    /// <param name="slot">The range's number, in the order of <see cref="MapMemory"/>.</param>
    /// <returns>A bit for each page, the lowest for the first.</returns>
    /// <exception cref="KvmException">KVM_GET_DIRTY_LOG failed: ENOENT when the range has no log.</exception>
    public ulong[] TakeDirtyPages(int slot)
    {
        const ulong PagesPerWord = 64;
        var pages = _slots[slot] / MemoryRange.PageSize;
        var bitmap = new ulong[(pages + PagesPerWord - 1) / PagesPerWord];

        // SAFETY: KVM writes a bit for each page of the slot, rounded up to whole 64-bit words, pinned for the call.
        fixed (ulong* pointer = bitmap)
        {
            var log = new kvm_dirty_log { slot = (uint)slot, dirty_bitmap = pointer };
            KvmDevice.Check(LibC.ioctl(_fd.Number, KvmApi.KVM_GET_DIRTY_LOG, &log), "KVM_GET_DIRTY_LOG", $"slot {slot}");
        }

        return bitmap;
    }

    /// <summary>
    /// Makes KVM forget what it worked out from the guest's page tables. Where the processor does not walk them itself, KVM keeps
    /// tables of its own, and does not notice when memory is changed behind its back. Call when the memory of a used VM
    /// is reset; no vCPU may run meanwhile.
    /// </summary>
    /// <exception cref="KvmException">KVM_SET_USER_MEMORY_REGION failed.</exception>
    public void ForgetPageTables()
    {
        // There is no call for it, but removing any slot does it. This one lies behind all memory and lasts until the next line.
        var slot = new kvm_userspace_memory_region
        {
            slot = (uint)_slots.Count,
            guest_phys_addr = Math.Max(_end, FourGiB),
            memory_size = MemoryRange.PageSize,
            userspace_addr = (ulong)_anyPage,
        };

        // SAFETY: the structure is on this stack; the page it names is mapped, and nobody runs who could touch it.
        Check(LibC.ioctl(_fd.Number, KvmApi.KVM_SET_USER_MEMORY_REGION, &slot));
        slot.memory_size = 0;
        Check(LibC.ioctl(_fd.Number, KvmApi.KVM_SET_USER_MEMORY_REGION, &slot));

        void Check(int result) => KvmDevice.Check(result, "KVM_SET_USER_MEMORY_REGION", $"slot {_slots.Count}, which comes and goes");
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
            // One that a guest starts was in nobody's plan; what wakes it needs another descriptor.
            if (!DescriptorLimit.MayKeep(fd.Number + 1))
            {
                throw new KvmException("KVM_CREATE_VCPU", Errno.EMFILE, target);
            }

            TryEnable(fd, KvmCapability.EnforceParavirtualCpuid, 1, target);
            _device.SupportedCpuid.ForVcpu(index).SetOn(fd, target);
            LimitMachineCheckBanks(fd, target);
            return KvmVcpu.Create(_device, fd, index);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Has the kernel answer writes to a port by signalling an eventfd, with no exit.</summary>
    /// <param name="port">The port.</param>
    /// <param name="size">Bytes of the writes meant: 1, 2 or 4.</param>
    /// <param name="signal">What is signalled; it must outlive the VM's runs.</param>
    /// <exception cref="KvmException">KVM_IOEVENTFD failed: EEXIST when the port has one already.</exception>
    public void AddDoorbell(ushort port, int size, EventFd signal)
    {
        var doorbell = new kvm_ioeventfd { addr = port, len = (uint)size, fd = signal.Number, flags = KvmApi.KVM_IOEVENTFD_FLAG_PIO };

        // SAFETY: KVM reads exactly this structure, on this stack.
        KvmDevice.Check(LibC.ioctl(_fd.Number, KvmApi.KVM_IOEVENTFD, &doorbell), "KVM_IOEVENTFD", $"port 0x{port:x}");
    }

    /// <summary>
    /// Has KVM gather writes to a port instead of exiting for each, where it can; they are in each vCPU's
    /// <see cref="KvmVcpu.CoalescedWrites"/>. Call before creating vCPUs.
    /// </summary>
    /// <returns>False where KVM cannot; the writes exit as usual then.</returns>
    /// <exception cref="KvmException">KVM_REGISTER_COALESCED_MMIO failed.</exception>
    public bool TryCoalesce(ushort port)
    {
        if (_device.CheckExtension(KvmCapability.CoalescedPio) <= 0)
        {
            return false;
        }

        var zone = new kvm_coalesced_mmio_zone { addr = port, size = 1, pio = 1 };

        // SAFETY: KVM reads exactly this structure, on this stack.
        KvmDevice.Check(LibC.ioctl(_fd.Number, KvmApi.KVM_REGISTER_COALESCED_MMIO, &zone), "KVM_REGISTER_COALESCED_MMIO", $"port 0x{port:x}");
        return true;
    }

    /// <summary>Closes the VM. Its vCPUs must be closed before, its memory after.</summary>
    public void Dispose() => _fd.Dispose();

    // Without this there are 32, four registers each: no machine check ever comes, but what guests write there would have to be restored.
    private void LimitMachineCheckBanks(FileDescriptor vcpu, string target)
    {
        if (_device.CheckExtension(KvmCapability.MachineCheck) > 0)
        {
            var capabilities = OneBank;

            // SAFETY: KVM reads eight bytes of this stack.
            KvmDevice.Check(LibC.ioctl(vcpu.Number, KvmApi.KVM_X86_SETUP_MCE, &capabilities), "KVM_X86_SETUP_MCE", target);
        }
    }

    // Takes away what guests could only do harm with, or leave state in that no reset gives back; as far as this KVM can.
    private void Harden()
    {
        if (_device.FiltersMsrs)
        {
            MsrFilter.Install(_fd);
        }

        // Without it a triple fault that a vCPU was stopped before is no event, and would be the next guest's.
        TryEnable(_fd, KvmCapability.TripleFaultEvent, 1);
        TryEnable(_fd, KvmCapability.PerformanceCounters, KvmApi.KVM_PMU_CAP_DISABLE);

        // The hypercall instruction of the other vendor's processors raises #UD, instead of being rewritten in the guest's memory:
        // where KVM emulates ring 0, one that is rewritten again and again never ends.
        TryEnable(_fd, KvmCapability.DisableQuirks, KvmApi.KVM_X86_QUIRK_FIX_HYPERCALL_INSN);
    }

    private void TryEnable(FileDescriptor fd, KvmCapability capability, uint argument, string? target = null)
    {
        if ((_device.CheckExtension(capability) & argument) == 0)
        {
            return;
        }

        var enable = new kvm_enable_cap { cap = (uint)capability };
        enable.args[0] = argument;

        // SAFETY: KVM reads exactly this structure, on this stack.
        KvmDevice.Check(LibC.ioctl(fd.Number, KvmApi.KVM_ENABLE_CAP, &enable), $"KVM_ENABLE_CAP {capability}", target);
    }

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
