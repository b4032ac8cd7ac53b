namespace KvmActors.Linux.Files;

/// <summary>What a guest's program is told of itself and its machine below <c>/proc</c> (proc(5)).</summary>
internal enum ProcFile
{
    /// <summary><c>/proc/self/cmdline</c></summary>
    CommandLine,

    /// <summary><c>/proc/self/maps</c></summary>
    Maps,

    /// <summary><c>/proc/self/mounts</c></summary>
    Mounts,

    /// <summary><c>/proc/self/stat</c></summary>
    Stat,

    /// <summary><c>/proc/self/status</c></summary>
    Status,

    /// <summary><c>/proc/cpuinfo</c></summary>
    Processors,

    /// <summary><c>/proc/meminfo</c></summary>
    Memory,
}
