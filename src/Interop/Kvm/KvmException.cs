using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>A KVM operation that failed: which one, on what, and the errno.</summary>
public sealed class KvmException : Exception
{
    /// <summary>Describes a failed operation.</summary>
    /// <param name="operation">The ioctl or system call, by its C name.</param>
    /// <param name="errno">What it failed with.</param>
    /// <param name="target">What it was applied to, for example <c>vCPU 0</c>; null when the operation says it all.</param>
    public KvmException(string operation, Errno errno, string? target = null)
        : base(target is null
            ? $"{operation} failed: {errno.Describe()}"
            : $"{operation} failed on {target}: {errno.Describe()}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>The ioctl or system call, by its C name.</summary>
    public string Operation { get; }

    /// <summary>What it failed with.</summary>
    public Errno Errno { get; }
}
