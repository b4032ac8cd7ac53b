namespace KvmActors;

/// <summary>
/// What is to run in a guest: an ordinary Linux program, or a bare image that needs no kernel. A description; nothing of it is looked at
/// before <see cref="KvmHost.LoadAsync"/>.
/// </summary>
public sealed record GuestProgram
{
    /// <summary>A Linux x86-64 program, unmodified, which is run by the guest kernel that comes with this library.</summary>
    /// <param name="path">The host's file. One that is linked statically needs nothing else; other ones need <see cref="Root"/>, or mappings that have their libraries.</param>
    public GuestProgram(string path)
        : this(path, image: null, boot: null)
    {
    }

    private GuestProgram(string path, ReadOnlyMemory<byte>? image, GuestBoot? boot)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (Path, Image, Boot) = (path, image, boot);
    }

    /// <summary>The host's file, or what the image is called.</summary>
    public string Path { get; }

    /// <summary>How a bare image begins; null for a program under the guest kernel.</summary>
    public GuestBoot? Boot { get; }

    /// <summary>Its arguments, without its own name. A start may bring others.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Its environment; nothing of this process's. A start may bring another.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The guest's memory in MiB, at least 4 under the guest kernel; taken from the host as it is touched.</summary>
    public long MemoryMiB { get; init; } = 64;

    /// <summary>How many processors a program is shown, at least 1; of a bare image, how many vCPUs begin.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>How many threads a program under the guest kernel may have at once, at least 1; each is a vCPU.</summary>
    public int MaxThreads { get; init; } = 256;

    /// <summary>What it sees of files, besides itself.</summary>
    public IReadOnlyList<GuestMapping> Mappings { get; init; } = [];

    /// <summary>
    /// A folder of the host's that is its <c>/</c>, <c>/</c> for all of this machine's files: it may change everything there, and what it
    /// changed is gone with it. Null for none.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>The directory that it begins in: absolute, as the guest sees it.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Devices of a bare guest.</summary>
    public IReadOnlyList<GuestDevice> Devices { get; init; } = [];

    /// <summary>The longest that one of its guests may run, more than 0; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for as long as it likes. A start may say otherwise.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>How much one of its guests may use.</summary>
    public GuestLimits Limits { get; init; } = new();

    /// <summary>The functions that its guests may call; a start may bring others. Null for none.</summary>
    public IHostFunctions? HostFunctions { get; init; }

    /// <summary>What executes it; null for what the host's options say.</summary>
    public GuestBackend? Backend { get; init; }

    /// <summary>What its random numbers come of in software, with the guest's number.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// Whether guests begin where one before them had got to: behind the boot of the guest kernel and, when they have no arguments or input
    /// of their own, where the program first waited for calls. Otherwise each begins with its image.
    /// </summary>
    public bool StartsWarm { get; init; } = true;

    /// <summary>How many VMs are kept ready for the next guests, from 0.</summary>
    public int PoolSize { get; init; } = 4;

    /// <summary>How many of its guests may run at once, at least 1; others wait for their turn.</summary>
    public int MaxGuests { get; init; } = 1024;

    /// <summary>Room for the arguments and the environment that a start may bring, in bytes, up to 1 MiB.</summary>
    public int ArgumentBytes { get; init; } = 64 << 10;

    internal ReadOnlyMemory<byte>? Image { get; }

    /// <summary>A Linux program that is in memory.</summary>
    /// <param name="name">What it is called: its <c>argv[0]</c> is <c>/NAME</c>.</param>
    /// <param name="image">The ELF file; not to be changed as long as guests run it.</param>
    public static GuestProgram FromBytes(string name, ReadOnlyMemory<byte> image) => new(name, image, boot: null);

    /// <summary>A bare image: code that runs with no kernel.</summary>
    /// <param name="path">The host's file.</param>
    /// <param name="boot">The state that its vCPU begins in.</param>
    public static GuestProgram Bare(string path, GuestBoot boot = GuestBoot.Elf64) => new(path, image: null, boot);

    /// <summary>A bare image that is in memory.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="image">The image.</param>
    /// <param name="boot">The state that its vCPU begins in.</param>
    public static GuestProgram Bare(string name, ReadOnlyMemory<byte> image, GuestBoot boot = GuestBoot.Long64) => new(name, image, boot);
}
