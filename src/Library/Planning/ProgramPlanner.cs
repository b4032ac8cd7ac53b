using System.Globalization;
using System.Text.RegularExpressions;
using KvmActors.Actors.Pools;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Library.Devices;
using KvmActors.Library.Programs;
using KvmActors.Linux.Files;
using KvmActors.Linux.Functions;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Library.Planning;

/// <summary>Turns a program as people describe it into one that may run, or says what is wrong with it.</summary>
internal static partial class ProgramPlanner
{
    private const int MinKernelMiB = 4, MaxArgumentBytes = 1 << 20, MaxImageBytes = 1 << 30;

    /// <summary>Plans its guests.</summary>
    /// <param name="program">The description.</param>
    /// <param name="backend">What executes those that do not say.</param>
    /// <exception cref="GuestStartException">Something is wrong with it.</exception>
    public static GuestPoolSpec Plan(GuestProgram program, Backend backend)
    {
        var problems = new Problems();
        CheckNumbers(program, problems);
        var files = new List<FileMapping>();
        var provided = new List<ProvidedFile>();
        AddMappings(program, files, provided, problems);
        var (image, args) = program.Boot is null ? FindProgram(program, files, provided, problems) : (ReadImage(program, problems), program.Arguments);
        ThrowIfAny(program, problems);
        var machine = new MachineSpec
        {
            Name = NameOf(program),
            Boot = BootOf(program.Boot),
            Image = image!,
            Args = args,
            Env = EnvironmentOf(program.Environment),
            Vcpus = program.Boot is null ? 1 : program.Processors,
            MaxThreads = program.MaxThreads,
            ArgumentBytes = program.Boot is null or GuestBoot.Long64 or GuestBoot.Elf64 ? (ulong)program.ArgumentBytes : 0,
            MemoryBytes = (ulong)program.MemoryMiB << 20,
            Devices = [.. program.Devices.Select(DeviceAdapters.Describe)],
        };
        var plan = BootPlans.For(machine);
        if (plan.FindProblem() is { } found)
        {
            problems.Add(found.Key, found.Problem);
        }

        ThrowIfAny(program, problems);
        return new GuestPoolSpec(new VmSpec
        {
            Name = machine.Name,
            Instances = 1,
            Backend = BackendOf(program.Backend) is var own && own != Backend.Auto ? own : backend,
            Plan = plan,
            Processors = program.Processors,
            Timeout = TimeoutOf(program.Timeout),
            Files = files,
            ProvidedFiles = provided,
            Functions = new KeptFunctions(),
            Directory = FileMappings.Normalise(program.WorkingDirectory),
            Limits = LimitsOf(program.Limits),
            Seed = program.Seed,
            Start = program.StartsWarm ? VmStart.Warm : VmStart.Cold,
        })
        {
            MaxGuests = program.MaxGuests,
            IdleVms = program.PoolSize,
        };
    }

    /// <summary>What a guest's own arguments and environment come to; null where it has none.</summary>
    /// <exception cref="ArgumentException">They do not fit, or contain what they cannot.</exception>
    public static ProgramWords? WordsOf(GuestPoolSpec pool, GuestProgram program, GuestStartOptions options)
    {
        if (options.Arguments is null && options.Environment is null)
        {
            return null;
        }

        var machine = pool.Vm.Machine;
        var own = options.Arguments is null ? machine.Args : program.Boot is null ? [machine.Args[0], .. options.Arguments] : options.Arguments;
        var words = new ProgramWords([.. own], options.Environment is null ? machine.Env : EnvironmentOf(options.Environment));
        var problems = new Problems();
        CheckWords(words.Args, options.Environment ?? program.Environment, problems);
        if (InitialStack.SizeOf(words.Args, words.Env) is var size && size > machine.ArgumentBytes)
        {
            problems.Add(nameof(GuestStartOptions.Arguments), $"they take {size} bytes with the environment, and there is room for {machine.ArgumentBytes}: raise {nameof(GuestProgram)}.{nameof(GuestProgram.ArgumentBytes)}");
        }

        return problems.Count == 0 ? words : throw new ArgumentException(problems.Text, nameof(options));
    }

    /// <summary>How long a guest may run; longer than the bound is for ever.</summary>
    public static TimeSpan TimeoutOf(TimeSpan timeout) => timeout == Timeout.InfiniteTimeSpan || timeout > Bounds.MaxTimeout ? Bounds.MaxTimeout : timeout;

    /// <summary>How much a guest may use.</summary>
    public static VmLimits LimitsOf(GuestLimits limits) => new()
    {
        Files = new FileLimits
        {
            OpenFiles = limits.OpenFiles,
            BytesWritten = limits.BytesWritten,
            FileSize = limits.FileSize,
            InodesCreated = limits.FilesCreated,
        },
        Console = new ConsoleLimits { ConsoleBytes = limits.OutputBytes },
        Run = new RunLimits
        {
            CpuBudget = limits.CpuBudget,
            Exits = limits.Exits,
            HypercallsPerSecond = limits.CallsPerSecond,
            MaxInstructions = limits.Instructions,
            MemoryTouchedMiB = limits.MemoryTouchedMiB,
        },
    };

    /// <summary>Checks limits.</summary>
    public static void CheckLimits(string key, GuestLimits limits, Problems problems)
    {
        problems.CheckRange($"{key}.{nameof(limits.OpenFiles)}", limits.OpenFiles, 1, Bounds.MaxOpenFiles);
        CheckAtLeast(nameof(limits.BytesWritten), limits.BytesWritten, 0);
        CheckAtLeast(nameof(limits.OutputBytes), limits.OutputBytes, 0);
        CheckAtLeast(nameof(limits.FileSize), limits.FileSize, 0);
        CheckAtLeast(nameof(limits.FilesCreated), limits.FilesCreated, 0);
        CheckAtLeast(nameof(limits.MemoryTouchedMiB), limits.MemoryTouchedMiB, 1);
        CheckAtLeast(nameof(limits.CallsPerSecond), limits.CallsPerSecond, 1);
        CheckAtLeast(nameof(limits.Exits), limits.Exits, 1);
        CheckAtLeast(nameof(limits.Instructions), limits.Instructions, 1);
        if (limits.CpuBudget < Bounds.MinCpuBudget || limits.CpuBudget > Bounds.MaxTimeout)
        {
            problems.Add($"{key}.{nameof(limits.CpuBudget)}", $"{limits.CpuBudget} is not from {Bounds.MinCpuBudget.TotalMilliseconds} ms to {Bounds.MaxTimeout.TotalDays} days");
        }

        if (limits.MemoryTouchedMiB is not null && !GuestMemory.CanCountTouched)
        {
            problems.Add($"{key}.{nameof(limits.MemoryTouchedMiB)}", "this process may not read /proc/self/pagemap, so nobody can count it; leave it out and lower MemoryMiB");
        }

        void CheckAtLeast(string name, long? value, long least)
        {
            if (value < least)
            {
                problems.Add($"{key}.{name}", $"{value} is less than {least}");
            }
        }
    }

    /// <summary>Checks a time-out.</summary>
    public static void CheckTimeout(string key, TimeSpan timeout, Problems problems)
    {
        if (timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            problems.Add(key, $"{timeout} is not more than 0; Timeout.InfiniteTimeSpan is for as long as it likes");
        }
    }

    /// <summary>What executes a guest.</summary>
    public static Backend BackendOf(GuestBackend? backend) => backend switch
    {
        GuestBackend.Kvm => Backend.Kvm,
        GuestBackend.Software => Backend.Software,
        _ => Backend.Auto,
    };

    [GeneratedRegex("[^A-Za-z0-9._-]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unnameable();

    private static string NameOf(GuestProgram program)
    {
        var name = Unnameable().Replace(Path.GetFileName(program.Path), "-").TrimStart('.', '-', '_');
        return name.Length == 0 ? "guest" : name[..Math.Min(name.Length, 100)];
    }

    private static void CheckNumbers(GuestProgram program, Problems problems)
    {
        problems.CheckRange(nameof(program.MemoryMiB), program.MemoryMiB, program.Boot is null ? MinKernelMiB : 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20);
        problems.CheckRange(nameof(program.Processors), program.Processors, 1, Bounds.MaxVcpus);
        problems.CheckRange(nameof(program.MaxThreads), program.MaxThreads, 1, Bounds.MaxVcpus);
        problems.CheckRange(nameof(program.PoolSize), program.PoolSize, 0, 100_000);
        problems.CheckRange(nameof(program.MaxGuests), program.MaxGuests, 1, 100_000);
        problems.CheckRange(nameof(program.ArgumentBytes), program.ArgumentBytes, 0, MaxArgumentBytes);
        CheckTimeout(nameof(program.Timeout), program.Timeout, problems);
        CheckLimits(nameof(program.Limits), program.Limits, problems);
        CheckWords(program.Arguments, program.Environment, problems);
        if (program.WorkingDirectory is not ['/', ..])
        {
            problems.Add(nameof(program.WorkingDirectory), $"'{program.WorkingDirectory}' is not absolute");
        }

        if (program.Boot is null && program.Devices.Count > 0)
        {
            problems.Add(nameof(program.Devices), "the guest kernel drives no devices; they are for bare images");
        }

        if (program.Boot is not null && (program.Root is not null || program.Arguments.Count + program.Environment.Count > 0) && program.Boot is GuestBoot.Real16 or GuestBoot.Protected32)
        {
            problems.Add(nameof(program.Arguments), $"a {program.Boot} image has no stack to put arguments on, and no files");
        }
    }

    private static void CheckWords(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment, Problems problems)
    {
        foreach (var (index, argument) in args.Index())
        {
            if (argument is null || argument.Contains('\0', StringComparison.Ordinal))
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"Arguments[{index}]"), argument is null ? "is null" : "an argument cannot contain NUL");
            }
        }

        foreach (var (name, value) in environment)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('\0', '=') || value is null || value.Contains('\0', StringComparison.Ordinal))
            {
                problems.Add($"Environment[{name.Replace('\0', '?')}]", "a variable's name cannot be empty or contain NUL or =, nor its value NUL");
            }
        }
    }

    private static void AddMappings(GuestProgram program, List<FileMapping> files, List<ProvidedFile> provided, Problems problems)
    {
        if (program.Root is { } root)
        {
            FileMappings.Add(new GuestMapping.HostMapping(root, "/", GuestAccess.Overlay), files, provided, problems);
        }

        foreach (var mapping in program.Mappings)
        {
            FileMappings.Add(mapping, files, provided, problems);
        }
    }

    private static (GuestImage? Image, IReadOnlyList<string> Args) FindProgram(
        GuestProgram program, List<FileMapping> files, List<ProvidedFile> provided, Problems problems)
    {
        if (program.Image is { } bytes)
        {
            var path = FileMappings.Normalise("/" + program.Path);
            provided.Add(new ProvidedFile(path) { Content = bytes });
            return (GuestKernel.Image, [path, .. program.Arguments]);
        }

        var guestPath = HostProgram.Find(program.Path, program.Root, program.Environment.GetValueOrDefault("PATH"), files, problems);
        return (GuestKernel.Image, [guestPath, .. program.Arguments]);
    }

    private static GuestImage? ReadImage(GuestProgram program, Problems problems)
    {
        try
        {
            var bytes = program.Image?.ToArray() ?? new WholeFiles().Read(Path.GetFullPath(program.Path), MaxImageBytes);
            var isElf = program.Boot == GuestBoot.Elf64 || (program.Boot == GuestBoot.Protected32 && ElfHeader.IsElf(bytes));
            return isElf ? ElfImage.Parse(bytes) : FlatImage.Parse(bytes, new GuestPhysAddr(0), 0);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            problems.Add(program.Path, e.Message);
            return null;
        }
    }

    private static string[] EnvironmentOf(IReadOnlyDictionary<string, string> environment) => [.. environment.Select(variable => $"{variable.Key}={variable.Value}")];

    private static BootProtocol BootOf(GuestBoot? boot) => boot switch
    {
        GuestBoot.Real16 => BootProtocol.Real16,
        GuestBoot.Protected32 => BootProtocol.Protected32,
        GuestBoot.Long64 => BootProtocol.Long64,
        _ => BootProtocol.Elf64,
    };

    private static void ThrowIfAny(GuestProgram program, Problems problems)
    {
        if (problems.Count > 0)
        {
            var text = problems.Text;
            throw new GuestStartException(text.StartsWith(program.Path, StringComparison.Ordinal) ? text : $"{program.Path}: {text}");
        }
    }
}
