namespace KvmActors.Interop.Memory;

/// <summary>How the host's kernel may treat guest memory (madvise(2)); where it cannot, nothing happens.</summary>
[Flags]
public enum MemoryAdvice
{
    /// <summary>As any memory.</summary>
    None = 0,

    /// <summary>Equal pages of different VMs may be merged (MADV_MERGEABLE). Saves memory; lets a guest find out by timing that another has an equal page.</summary>
    Mergeable = 1,

    /// <summary>Huge pages are welcome (MADV_HUGEPAGE).</summary>
    HugePages = 2,
}
