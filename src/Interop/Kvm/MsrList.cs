using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// Which model-specific registers a guest may have changed, and KVM gives and takes back: found out once, on the first vCPU
/// that is saved. Where KVM filters what guests write, these are <see cref="GuestMsrs.Kept"/>; elsewhere all that can be read and
/// written. In the form KVM_GET_MSRS takes it: a count, padding, then entries.
/// </summary>
internal sealed unsafe class MsrList
{
    /// <summary><c>struct kvm_msrs</c>: a count and padding, then the entries.</summary>
    private const int HeaderBytes = 8;

    private const int EntryBytes = 16;

    /// <summary>More than any kernel lists.</summary>
    private const int MaxListed = 4096;

    /// <summary>So many are tried in one call: all behind one that is refused are copied again.</summary>
    private const int PerTry = 32;

    /// <summary>KVM takes fewer than 256 in one call (MAX_IO_MSRS of <c>arch/x86/kvm/x86.c</c>), and otherwise does none (E2BIG).</summary>
    private const int MaxPerCall = 255;

    /// <summary>
    /// Not kept: what KVM_GET_SREGS has (IA32_APIC_BASE, EFER, FS and GS base), and what guests can only read (microcode
    /// revision, IA32_PLATFORM_INFO, IA32_ARCH_CAPABILITIES, IA32_PERF_CAPABILITIES, VMX capabilities, Hyper-V's run
    /// time and reference time).
    /// </summary>
    private static readonly MsrRange[] Elsewhere =
    [
        .. GuestMsrs.InSpecialRegisters,
        new(0x8B, 0x8B), new(0xCE, 0xCE), new(0x10A, 0x10A), new(0x345, 0x345), new(0x480, 0x493), new(0x4000_0010, 0x4000_0010), new(0x4000_0020, 0x4000_0020),
    ];

    private readonly byte[] _request;

    private MsrList(byte[] request) => _request = request;

    /// <summary>How many there are.</summary>
    public int Count => MemoryMarshal.Read<int>(_request);

    /// <summary>Their numbers.</summary>
    public IEnumerable<uint> Indices =>
        Enumerable.Range(0, Count).Select(entry => MemoryMarshal.Read<uint>(_request.AsSpan(HeaderBytes + (entry * EntryBytes))));

    /// <summary>Asks a vCPU which of them can be read and written.</summary>
    /// <param name="device">The device.</param>
    /// <param name="vcpu">A vCPU.</param>
    /// <param name="isFiltered">Whether guests are kept from writing others than <see cref="GuestMsrs.Kept"/>. If not, all there may be are tried: some 30 ms.</param>
    /// <exception cref="KvmException">KVM_GET_MSR_INDEX_LIST failed.</exception>
    public static MsrList Find(FileDescriptor device, FileDescriptor vcpu, bool isFiltered)
    {
        var candidates = isFiltered
            ? GuestMsrs.Kept.SelectMany(range => range.Indices)
            : Everything(device).Where(index => !Array.Exists(Elsewhere, range => range.Contains(index)));
        return new MsrList(Request(Accepted(vcpu, KvmApi.KVM_SET_MSRS, Readable(vcpu, candidates))));
    }

    /// <summary>All that a vCPU gives, whether or not they can be given back.</summary>
    /// <exception cref="KvmException">KVM_GET_MSR_INDEX_LIST failed.</exception>
    internal static MsrList FindReadable(FileDescriptor device, FileDescriptor vcpu) => new(Request(Readable(vcpu, Everything(device))));

    /// <summary>Those of some that a vCPU has, with their values.</summary>
    private static kvm_msr_entry[] Readable(FileDescriptor vcpu, IEnumerable<uint> indices) =>
        Accepted(vcpu, KvmApi.KVM_GET_MSRS, [.. indices.Select(index => new kvm_msr_entry { index = index })]);

    /// <summary>All that KVM lists, and all numbers that a processor or a hypervisor may have given to one.</summary>
    /// <exception cref="KvmException">KVM_GET_MSR_INDEX_LIST failed.</exception>
    private static IEnumerable<uint> Everything(FileDescriptor device) =>
        Listed(device).Concat(GuestMsrs.OfProcessors.Concat(GuestMsrs.OfHypervisors).SelectMany(range => range.Indices)).Distinct();

    /// <summary>Reads them.</summary>
    /// <returns>Their values, as <see cref="Set"/> takes them.</returns>
    /// <exception cref="KvmException">KVM_GET_MSRS refused one.</exception>
    public byte[] Get(FileDescriptor vcpu, string target)
    {
        var values = _request.ToArray();
        Check(Call(vcpu, KvmApi.KVM_GET_MSRS, values), values, "KVM_GET_MSRS", target);
        return values;
    }

    /// <summary>Writes them.</summary>
    /// <exception cref="KvmException">KVM_SET_MSRS refused one.</exception>
    public static void Set(FileDescriptor vcpu, byte[] values, string target) =>
        Check(Call(vcpu, KvmApi.KVM_SET_MSRS, values), values, "KVM_SET_MSRS", target);

    private static IEnumerable<uint> Listed(FileDescriptor device)
    {
        var buffer = new uint[1 + MaxListed];
        buffer[0] = MaxListed;

        // SAFETY: the buffer holds the count and as many numbers as it announces, pinned for the call.
        fixed (uint* pointer = buffer)
        {
            KvmDevice.Check(LibC.ioctl(device.Number, KvmApi.KVM_GET_MSR_INDEX_LIST, pointer), "KVM_GET_MSR_INDEX_LIST");
        }

        return buffer.Skip(1).Take((int)buffer[0]);
    }

    // KVM stops at the first it does not like: that one is left out, and the rest asked again.
    private static kvm_msr_entry[] Accepted(FileDescriptor vcpu, uint operation, kvm_msr_entry[] entries)
    {
        var accepted = new List<kvm_msr_entry>();
        for (var next = 0; next < entries.Length; next++)
        {
            var request = Request(entries.AsSpan(next, Math.Min(PerTry, entries.Length - next)));
            var done = Math.Max(0, Call(vcpu, operation, request));
            accepted.AddRange(MemoryMarshal.Cast<byte, kvm_msr_entry>(request.AsSpan(HeaderBytes))[..done]);

            // Behind those that were done is one it does not like, if not the end of the try.
            next += done == PerTry ? done - 1 : done;
        }

        return [.. accepted];
    }

    private static byte[] Request(ReadOnlySpan<kvm_msr_entry> entries)
    {
        var buffer = new byte[HeaderBytes + (entries.Length * EntryBytes)];
        MemoryMarshal.Write(buffer, entries.Length);
        MemoryMarshal.AsBytes(entries).CopyTo(buffer.AsSpan(HeaderBytes));
        return buffer;
    }

    // How many were done, from the first on; what was read is in the buffer.
    private static int Call(FileDescriptor vcpu, uint request, byte[] entries)
    {
        var count = MemoryMarshal.Read<int>(entries);
        if (count <= MaxPerCall)
        {
            return CallOnce(vcpu, request, entries);
        }

        var all = MemoryMarshal.Cast<byte, kvm_msr_entry>(entries.AsSpan(HeaderBytes));
        var done = 0;
        while (done < count)
        {
            var part = all.Slice(done, Math.Min(MaxPerCall, count - done));
            var buffer = Request(part);
            var doneNow = CallOnce(vcpu, request, buffer);
            if (doneNow < 0)
            {
                return done > 0 ? done : doneNow;
            }

            MemoryMarshal.Cast<byte, kvm_msr_entry>(buffer.AsSpan(HeaderBytes)).CopyTo(part);
            done += doneNow;
            if (doneNow < part.Length)
            {
                break;
            }
        }

        return done;
    }

    private static int CallOnce(FileDescriptor vcpu, uint request, byte[] entries)
    {
        // SAFETY: the buffer holds as many entries as it announces, pinned for the call.
        fixed (byte* pointer = entries)
        {
            return LibC.ioctl(vcpu.Number, request, pointer);
        }
    }

    // KVM answers with how many it did.
    private static void Check(int done, byte[] entries, string operation, string target)
    {
        KvmDevice.Check(done, operation, target);
        if (done < MemoryMarshal.Read<int>(entries))
        {
            var index = MemoryMarshal.Read<uint>(entries.AsSpan(HeaderBytes + (done * EntryBytes)));
            throw new KvmException(operation, Errno.EINVAL, $"MSR 0x{index:x} of {target}");
        }
    }
}
