namespace KvmActors.Host.Configuration;

/// <summary>A scenario as people write it: the <c>Scenario</c> section. <see cref="ScenarioValidator"/> decides what of it may run.</summary>
internal sealed class ScenarioOptions
{
    /// <summary>What it is called; the file's name when missing.</summary>
    public string? Name { get; set; }

    /// <summary>What it shows, in a line, for <c>list</c>.</summary>
    public string? Description { get; set; }

    /// <summary>The most VMs alive at once.</summary>
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>The VMs to run.</summary>
    public List<VmOptions> Vms { get; set; } = [];
}

/// <summary>A VM as people write it.</summary>
internal sealed class VmOptions
{
    /// <summary>What it is called.</summary>
    public string? Name { get; set; }

    /// <summary>How many of it to run.</summary>
    public int Instances { get; set; } = 1;

    /// <summary>The boot protocol's name.</summary>
    public string? Boot { get; set; }

    /// <summary>The image's file.</summary>
    public string? Image { get; set; }

    /// <summary>Where a flat image goes: a number, decimal or with 0x.</summary>
    public string? LoadAddress { get; set; }

    /// <summary>Where a flat image starts, in bytes from its first: a number, decimal or with 0x.</summary>
    public string? Entry { get; set; }

    /// <summary>Arguments on the initial stack.</summary>
    public List<string> Args { get; set; } = [];

    /// <summary>Environment variables on the initial stack.</summary>
    public Dictionary<string, string> Env { get; set; } = [];

    /// <summary>Virtual CPUs.</summary>
    public int Vcpus { get; set; } = 1;

    /// <summary>Memory in MiB.</summary>
    public long MemoryMiB { get; set; } = 16;

    /// <summary>How much of the memory the identity map covers, in MiB; all of it when missing.</summary>
    public long? IdentityMiB { get; set; }

    /// <summary>How long it may run.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What it sees of the host's files.</summary>
    public List<FileOptions> Files { get; set; } = [];

    /// <summary>How much it may use of them.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>Its devices.</summary>
    public List<DeviceOptions> Devices { get; set; } = [];

    /// <summary>What happens when it fails.</summary>
    public RestartOptions Restart { get; set; } = new();
}

/// <summary>A file mapping as people write it.</summary>
internal sealed class FileOptions
{
    /// <summary>Where the guest sees it.</summary>
    public string? Guest { get; set; }

    /// <summary>The host's file or directory.</summary>
    public string? Host { get; set; }

    /// <summary>What the guest may do with it.</summary>
    public string Access { get; set; } = "Read";
}

/// <summary>Limits as people write them.</summary>
internal sealed class LimitOptions
{
    /// <summary>Files open at once.</summary>
    public int OpenFiles { get; set; } = 64;

    /// <summary>Bytes written in all.</summary>
    public long BytesWritten { get; set; } = 1L << 30;
}

/// <summary>A device as people write it.</summary>
internal sealed class DeviceOptions
{
    /// <summary>What kind of device.</summary>
    public string? Type { get; set; }

    /// <summary>Its port: a number, decimal or with 0x.</summary>
    public string? Port { get; set; }
}

/// <summary>The restart policy as people write it.</summary>
internal sealed class RestartOptions
{
    /// <summary>When to start a VM again.</summary>
    public string Policy { get; set; } = "Never";
}
