namespace KvmActors.Interop.Libc;

/// <summary>A call of the host's kernel or C library failed.</summary>
public class SystemCallException : Exception
{
    /// <summary>Says what failed, on what, and why.</summary>
    /// <param name="operation">The call or the ioctl, as its manual has it: <c>mmap</c>, <c>KVM_RUN</c>.</param>
    /// <param name="errno">Why.</param>
    /// <param name="target">On what; null where there is only one.</param>
    public SystemCallException(string operation, Errno errno, string? target = null)
        : base(target is null
            ? $"{operation} failed: {errno.Describe()}"
            : $"{operation} failed on {target}: {errno.Describe()}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>The call or the ioctl.</summary>
    public string Operation { get; }

    /// <summary>Why it failed.</summary>
    public Errno Errno { get; }
}
