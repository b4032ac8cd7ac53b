using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Configuration;

/// <summary>A scenario as people write it: the <c>Scenario</c> section. <see cref="ScenarioValidator"/> decides what of it may run.</summary>
internal sealed class ScenarioOptions
{
    /// <summary>What it is called; the file's name when missing.</summary>
    public string? Name { get; set; }

    /// <summary>What it shows, in a line, for <c>list</c>.</summary>
    public string? Description { get; set; }

    /// <summary>What it is about, for <c>list</c>.</summary>
    public string? Group { get; set; }

    /// <summary>The most VMs alive at once.</summary>
    [Between(1, Bounds.MaxConcurrency)]
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>How long VMs that were told to end may take over it.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether VMs start though together they may touch more memory than the host has left.</summary>
    public bool OvercommitMemory { get; set; }

    /// <summary>What the instances' numbers of chance, <c>{seed}</c>, are made from, and random numbers in software.</summary>
    [Between(0, long.MaxValue)]
    public long Seed { get; set; }

    /// <summary>Whether VMs in software do the same every time: their time and chance are their own, and vCPUs take turns.</summary>
    public bool Deterministic { get; set; } = true;

    /// <summary>What executes its VMs' instructions, where they do not say themselves.</summary>
    [OneOf(typeof(Backend))]
    public string Backend { get; set; } = nameof(Machine.Processor.Backend.Auto);

    /// <summary>The VMs to run.</summary>
    [Needed]
    public List<VmOptions> Vms { get; set; } = [];
}

/// <summary>A VM as people write it.</summary>
internal sealed class VmOptions
{
    /// <summary>What it is called.</summary>
    [Needed]
    public string? Name { get; set; }

    /// <summary>How many of it to run.</summary>
    [Between(1, Bounds.MaxInstances)]
    public int Instances { get; set; } = 1;

    /// <summary>Values by name: so many instances for each combination of them; <c>{NAME}</c> stands for one.</summary>
    [Scalars]
    public Dictionary<string, List<string>> Matrix { get; set; } = [];

    /// <summary>The boot protocol's name.</summary>
    [Needed, OneOf("real16", "protected32", "long64", "elf64")]
    public string? Boot { get; set; }

    /// <summary>The image's file.</summary>
    [Needed]
    public string? Image { get; set; }

    /// <summary>Where a flat image goes: a number, decimal or with 0x.</summary>
    [Address]
    public string? LoadAddress { get; set; }

    /// <summary>Where a flat image starts, in bytes from its first: a number, decimal or with 0x.</summary>
    [Address]
    public string? Entry { get; set; }

    /// <summary>Arguments on the initial stack.</summary>
    public List<string> Args { get; set; } = [];

    /// <summary>Environment variables on the initial stack.</summary>
    [Variables]
    public Dictionary<string, string> Env { get; set; } = [];

    /// <summary>Virtual CPUs.</summary>
    [Between(1, Bounds.MaxVcpus)]
    public int Vcpus { get; set; } = 1;

    /// <summary>How many threads a program under the guest kernel may have at once.</summary>
    [Between(1, Bounds.MaxVcpus)]
    public int MaxThreads { get; set; } = MachineSpec.DefaultMaxThreads;

    /// <summary>Memory in MiB; 16 when missing, and not together with <see cref="Regions"/>.</summary>
    [Between(1, long.MaxValue)]
    public long? MemoryMiB { get; set; }

    /// <summary>A memory layout of its own.</summary>
    public List<RegionOptions> Regions { get; set; } = [];

    /// <summary>Whether equal pages of different VMs may be merged.</summary>
    public bool Mergeable { get; set; }

    /// <summary>Whether huge pages are welcome.</summary>
    public bool HugePages { get; set; }

    /// <summary>Registers that hold something else at entry than the boot protocol says: name and number.</summary>
    [Address]
    public Dictionary<string, string> Registers { get; set; } = [];

    /// <summary>A file that is its standard input.</summary>
    public string? Stdin { get; set; }

    /// <summary>What of its memory to report when it has ended.</summary>
    public List<ReadBackOptions> ReadBack { get; set; } = [];

    /// <summary>How much of the memory the identity map covers, in MiB; all of it when missing.</summary>
    [Between(2, 1024)]
    public long? IdentityMiB { get; set; }

    /// <summary>How long it may run.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What it sees of the host's files.</summary>
    public List<FileOptions> Files { get; set; } = [];

    /// <summary>How much it may use of them.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>Its devices.</summary>
    public List<DeviceOptions> Devices { get; set; } = [];

    /// <summary>What executes its instructions: Auto (KVM where it can be used, otherwise software), Kvm or Software; the scenario's when missing.</summary>
    [OneOf(typeof(Backend))]
    public string? Backend { get; set; }

    /// <summary>How instances start: Warm or Cold; Warm when missing and there are several.</summary>
    [OneOf(typeof(VmStart))]
    public string? Start { get; set; }

    /// <summary>How it is meant to end.</summary>
    public ExpectOptions Expect { get; set; } = new();

    /// <summary>What happens when it fails.</summary>
    public RestartOptions Restart { get; set; } = new();

    /// <summary>A VM with the same options, lists and objects the same ones.</summary>
    public VmOptions Clone() => (VmOptions)MemberwiseClone();
}

/// <summary>A file mapping as people write it.</summary>
internal sealed class FileOptions
{
    /// <summary>Where the guest sees it.</summary>
    [Needed]
    public string? Guest { get; set; }

    /// <summary>The host's file or directory.</summary>
    [Needed]
    public string? Host { get; set; }

    /// <summary>What the guest may do with it.</summary>
    [OneOf(typeof(MappingAccess))]
    public string Access { get; set; } = "Read";
}

/// <summary>A memory region as people write it; numbers decimal or with 0x.</summary>
internal sealed class RegionOptions
{
    /// <summary>Where it is.</summary>
    [Needed, Address]
    public string? Address { get; set; }

    /// <summary>How many bytes.</summary>
    [Needed, Address]
    public string? Size { get; set; }

    /// <summary>What it holds at entry.</summary>
    [OneOf(typeof(RegionContent))]
    public string Holds { get; set; } = "Nothing";

    /// <summary>Read or ReadWrite.</summary>
    [OneOf(typeof(RegionAccess))]
    public string Access { get; set; } = "ReadWrite";

    /// <summary>For page tables: how much they map, in MiB.</summary>
    [Between(2, RegionValidator.MaxMapMiB)]
    public long? MapMiB { get; set; }

    /// <summary>For page tables: 4KiB or 2MiB.</summary>
    [OneOf("4KiB", "2MiB")]
    public string? PageSize { get; set; }
}

/// <summary>A piece of memory to report, as people write it; numbers decimal or with 0x.</summary>
internal sealed class ReadBackOptions
{
    /// <summary>Its first byte.</summary>
    [Needed, Address]
    public string? Address { get; set; }

    /// <summary>How many bytes.</summary>
    [Needed, Address, Between(1, VmValidator.MaxReadBack)]
    public int Length { get; set; }
}

/// <summary>A device as people write it; numbers decimal or with 0x.</summary>
internal sealed class DeviceOptions
{
    /// <summary>What kind of device.</summary>
    [Needed, OneOf(typeof(DeviceType))]
    public string? Type { get; set; }

    /// <summary>Its port.</summary>
    [Address]
    public string? Port { get; set; }

    /// <summary>For a console: whether KVM gathers its writes.</summary>
    public bool? Coalesced { get; set; }

    /// <summary>For a doorbell: bytes of a write that rings it.</summary>
    [Address]
    public int? Size { get; set; }

    /// <summary>For a register bank: where it begins.</summary>
    [Address]
    public string? Address { get; set; }

    /// <summary>For a register bank: how many bytes it takes.</summary>
    [Address, Between(1, DeviceValidator.MaxBankBytes)]
    public int? Length { get; set; }

    /// <summary>For a register bank: what reads return.</summary>
    public List<BankRegisterOptions> Registers { get; set; } = [];
}

/// <summary>A register of a bank, as people write it; numbers decimal or with 0x.</summary>
internal sealed class BankRegisterOptions
{
    /// <summary>Bytes from the bank's beginning.</summary>
    [Address]
    public string? Offset { get; set; }

    /// <summary>1, 2, 4 or 8 bytes.</summary>
    [Address]
    public int Size { get; set; } = 4;

    /// <summary>What reads return.</summary>
    [Address]
    public string? Value { get; set; }
}

/// <summary>How a VM is meant to end, as people write it.</summary>
internal sealed class ExpectOptions
{
    /// <summary>The outcome; Halted, or Exited with status 0, when missing.</summary>
    [OneOf(typeof(VmOutcome))]
    public string? Outcome { get; set; }

    /// <summary>The exit status; any when missing.</summary>
    public int? ExitCode { get; set; }
}

/// <summary>The restart policy as people write it.</summary>
internal sealed class RestartOptions
{
    /// <summary>When to start a VM again.</summary>
    [OneOf(typeof(RestartMode))]
    public string Policy { get; set; } = "Never";

    /// <summary>How often to start it again after failures; 3 when missing.</summary>
    [Between(1, RestartValidator.MaxRestarts)]
    public int? MaxRestarts { get; set; }

    /// <summary>How long a restart counts; as long as the scenario runs when missing.</summary>
    public TimeSpan? Window { get; set; }

    /// <summary>How long to wait the first time; 0.1 s when missing.</summary>
    public TimeSpan? Backoff { get; set; }

    /// <summary>How long to wait at the most; 30 s, or the first pause if that is longer, when missing.</summary>
    public TimeSpan? MaxBackoff { get; set; }
}
