using System.Runtime.CompilerServices;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// What KVM lets a guest read and write of model-specific registers. Everything else raises #GP in the guest, without an exit, as
/// a register does that does not exist.
/// </summary>
internal static unsafe class MsrFilter
{
    private const int BitsPerByte = 8;

    private static readonly (MsrRange Range, uint Access, byte[] Allowed)[] Ranges =
    [
        .. GuestMsrs.OfProcessors.Select(range => (range, KvmApi.KVM_MSR_FILTER_READ, Bitmap(range, byte.MaxValue, GuestMsrs.Unreadable))),
        .. GuestMsrs.OfProcessors.Select(range => (range, KvmApi.KVM_MSR_FILTER_WRITE, Bitmap(range, 0, [.. GuestMsrs.Kept, .. GuestMsrs.InSpecialRegisters]))),
    ];

    /// <summary>Installs it in a VM without vCPUs. About 10 µs.</summary>
    /// <exception cref="KvmException">KVM_X86_SET_MSR_FILTER failed.</exception>
    public static void Install(FileDescriptor vm)
    {
        var filter = new kvm_msr_filter { flags = KvmApi.KVM_MSR_FILTER_DEFAULT_DENY };
        for (var number = 0; number < Ranges.Length; number++)
        {
            var (range, access, allowed) = Ranges[number];

            // SAFETY: allocated as pinned, and alive as long as this class: the address stays.
            var bitmap = (byte*)Unsafe.AsPointer(ref allowed[0]);
            filter.ranges[number] = new kvm_msr_filter_range { flags = access, nmsrs = (uint)range.Count, @base = range.First, bitmap = bitmap };
        }

        // SAFETY: the structure is on this stack; each bitmap has a bit for each register of its range. KVM copies both.
        KvmDevice.Check(LibC.ioctl(vm.Number, KvmApi.KVM_X86_SET_MSR_FILTER, &filter), "KVM_X86_SET_MSR_FILTER");
    }

    // All bits alike, but for those of some registers.
    private static byte[] Bitmap(MsrRange range, byte filling, IEnumerable<MsrRange> exceptions)
    {
        var bitmap = GC.AllocateArray<byte>((range.Count + BitsPerByte - 1) / BitsPerByte, pinned: true);
        bitmap.AsSpan().Fill(filling);
        foreach (var index in exceptions.SelectMany(exception => exception.Indices).Where(range.Contains))
        {
            var bit = index - range.First;
            bitmap[bit / BitsPerByte] ^= (byte)(1 << (int)(bit % BitsPerByte));
        }

        return bitmap;
    }
}
