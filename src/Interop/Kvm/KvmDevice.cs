using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>An open <c>/dev/kvm</c>: asks what the kernel offers, and creates VMs. Safe to share between threads.</summary>
public sealed unsafe class KvmDevice : IDisposable
{
    /// <summary>Where the device usually is.</summary>
    public const string DefaultPath = "/dev/kvm";

    private readonly FileDescriptor _fd;
    private readonly Lazy<CpuidTable> _supportedCpuid;
    private MsrList? _savedMsrs;

    private KvmDevice(FileDescriptor fd, int runPageSize)
    {
        _fd = fd;
        _supportedCpuid = new Lazy<CpuidTable>(() => CpuidTable.GetSupported(_fd));
        RunPageSize = runPageSize;
    }

    /// <summary>The version of KVM's interface that this program uses, the only one there has been since Linux 2.6.22.</summary>
    public static int ApiVersion => KvmApi.KVM_API_VERSION;

    /// <summary>The greatest number of vCPUs of one VM.</summary>
    public int MaxVcpus => Math.Max(1, CheckExtension(KvmCapability.MaxVcpus));

    /// <summary>The CPUID leaves KVM can give to guests, without nested virtualization; asked once.</summary>
    public CpuidTable SupportedCpuid => _supportedCpuid.Value;

    /// <summary>For what this class has no method for.</summary>
    internal FileDescriptor Descriptor => _fd;

    /// <summary>Whether guests can be kept from writing model-specific registers that no reset gives back.</summary>
    internal bool FiltersMsrs => CheckExtension(KvmCapability.MsrFilter) > 0;

    /// <summary>Bytes to map for one vCPU's run page.</summary>
    internal int RunPageSize { get; }

    /// <summary>Opens the device and checks its API version.</summary>
    /// <exception cref="KvmException">open failed (ENOENT, EACCES), it is no KVM device (ENOTTY), or its API version is not 12 (EINVAL).</exception>
    public static KvmDevice Open(string path = DefaultPath)
    {
        var fd = LibC.open(path, LibC.O_RDWR | LibC.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw new KvmException("open", LibC.LastError, path);
        }

        var descriptor = new FileDescriptor(fd);
        _ = HostTimeStamp.IsTrusted;
        try
        {
            var version = LibC.ioctl(fd, KvmApi.KVM_GET_API_VERSION, 0);
            if (version != KvmApi.KVM_API_VERSION)
            {
                throw new KvmException("KVM_GET_API_VERSION", version < 0 ? LibC.LastError : Errno.EINVAL, path);
            }

            var runPageSize = Check(LibC.ioctl(fd, KvmApi.KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
            return runPageSize >= sizeof(kvm_run)
                ? new KvmDevice(descriptor, runPageSize)
                : throw new KvmException("KVM_GET_VCPU_MMAP_SIZE", Errno.EINVAL, "a kernel older than this program supports");
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Asks for a capability.</summary>
    /// <returns>0 when it is missing, otherwise a positive value whose meaning depends on the capability.</returns>
    public int CheckExtension(KvmCapability capability) =>
        Check(LibC.ioctl(_fd.Number, KvmApi.KVM_CHECK_EXTENSION, (nuint)capability), "KVM_CHECK_EXTENSION");

    /// <summary>Creates an empty VM.</summary>
    /// <exception cref="KvmException">KVM_CREATE_VM failed.</exception>
    public KvmVm CreateVm()
    {
        int fd;
        do
        {
            // A signal on its way to this thread makes the kernel give up half-way; it is not a failure.
            fd = LibC.ioctl(_fd.Number, KvmApi.KVM_CREATE_VM, 0);
        }
        while (fd < 0 && LibC.LastError == Errno.EINTR);

        return KvmVm.Create(this, new FileDescriptor(Check(fd, "KVM_CREATE_VM")));
    }

    /// <summary>The model-specific registers that are saved; found out on the first vCPU that asks.</summary>
    internal MsrList SavedMsrs(FileDescriptor vcpu) =>
        Volatile.Read(ref _savedMsrs) ?? Interlocked.CompareExchange(ref _savedMsrs, MsrList.Find(_fd, vcpu, FiltersMsrs), null) ?? _savedMsrs;

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    internal static int Check(int result, string operation, string? target = null) =>
        result >= 0 ? result : throw new KvmException(operation, LibC.LastError, target);
}
