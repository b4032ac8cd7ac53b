using Microsoft.Extensions.Logging;

namespace KvmActors;

/// <summary>What a <see cref="KvmHost"/> runs guests with.</summary>
public sealed class KvmHostOptions
{
    /// <summary>What executes guests that do not say themselves.</summary>
    public GuestBackend Backend { get; set; }

    /// <summary>The KVM device node.</summary>
    public string KvmDevice { get; set; } = "/dev/kvm";

    /// <summary>
    /// Whether the threads that serve a guest are confined to what it may have, by the kernel's own means (Landlock, seccomp, mount namespaces)
    /// as far as there are any. The other threads of this process stay as they are.
    /// </summary>
    public bool ConfinesThreads { get; set; } = true;

    /// <summary>Whether guests start though together they may touch more memory than this machine has left.</summary>
    public bool OvercommitsMemory { get; set; }

    /// <summary>Whether guests in software do the same every time: time and chance are their own.</summary>
    public bool IsDeterministic { get; set; } = true;

    /// <summary>How long a guest that was told to end may take over it, more than 0; then it is not waited for.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where log lines go; null for nowhere, or for the services' own.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
