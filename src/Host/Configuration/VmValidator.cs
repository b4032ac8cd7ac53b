using System.Text.RegularExpressions;
using KvmActors.Actors.Specs;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Library.Programs;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Configuration;

/// <summary>Checks one VM of a scenario, and reads and checks its image.</summary>
internal sealed partial class VmValidator(string scenarioFile, Problems problems, WholeFiles inputs)
{
    /// <summary>The most that may be said of each.</summary>
    internal const long MaxReadBack = 1 << 20;

    private const long DefaultMemoryMiB = 16;
    private const int MaxImageBytes = 1 << 30;

    private readonly Dictionary<(string File, bool IsElf, ulong Load, ulong Entry), GuestImage> _images = [];
    private readonly FileValidator _files = new(scenarioFile, problems, inputs);
    private readonly LimitValidator _limits = new(problems);
    private readonly DeviceValidator _devices = new(problems);
    private readonly RegionValidator _regions = new(problems);

    /// <summary>What executes the instructions of VMs that do not say.</summary>
    public Backend Backend { get; init; }

    /// <summary>Checks a VM, and all instances that it stands for.</summary>
    /// <param name="path">Its key.</param>
    /// <param name="options">What people wrote.</param>
    /// <param name="seed">The scenario's seed.</param>
    /// <returns>
    /// A description for all instances that can follow each other in one VM; none when something is wrong, and the problems say what.
    /// </returns>
    public IReadOnlyList<VmSpec> ValidateAll(string path, VmOptions options, long seed)
    {
        // What is wrong with the number is said below; nobody counts up to it here.
        if (options.Instances is < 1 or > Bounds.MaxInstances)
        {
            Validate(path, options);
            return [];
        }

        var groups = new VariantPlanner(problems, seed).Plan(path, options);
        var all = new List<VmSpec>();
        foreach (var group in groups)
        {
            if (Validate(path, group.Options, group.Variants) is not { } vm)
            {
                return [];
            }

            all.Add(groups.Count > 1 && vm is { Instances: 1, Start: VmStart.Cold } && options.Start is null
                ? vm with { ColdReason = "no other instance has the same files, input and program" } : vm);
        }

        return all;
    }

    /// <summary>Checks a VM whose instances are alike but for what their variants say; nothing in it stands for something else.</summary>
    /// <param name="path">Its key.</param>
    /// <param name="options">What people wrote.</param>
    /// <param name="variants">What the instances have of their own; null or empty when they are all alike.</param>
    /// <returns>Null when something is wrong with it; the problems say what.</returns>
    public VmSpec? Validate(string path, VmOptions options, IReadOnlyList<VmVariant>? variants = null)
    {
        var before = problems.Count;
        if (options.Name is null || !NamePattern().IsMatch(options.Name))
        {
            problems.Add($"{path}:Name", "a VM needs a name of at most 200 letters, digits, '.', '_' and '-' that starts with a letter or digit");
        }

        problems.CheckRange($"{path}:Instances", options.Instances, 1, Bounds.MaxInstances);
        problems.CheckRange($"{path}:Vcpus", options.Vcpus, 1, Bounds.MaxVcpus);
        problems.CheckRange($"{path}:MaxThreads", options.MaxThreads, 1, Bounds.MaxVcpus);
        if (options.Regions.Count > 0 && options.MemoryMiB is not null)
        {
            problems.Add($"{path}:MemoryMiB", "the Regions already say how much memory there is; leave one of the two out");
        }

        var memoryMiB = options.MemoryMiB ?? DefaultMemoryMiB;
        problems.CheckRange($"{path}:MemoryMiB", memoryMiB, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20);
        var limits = _limits.Read($"{path}:Limits", options.Limits);
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > Bounds.MaxTimeout)
        {
            problems.Add($"{path}:Timeout", $"{options.Timeout} is not more than 0 and at most {Bounds.MaxTimeout.TotalDays} days");
        }

        var restart = RestartValidator.Read($"{path}:Restart", options.Restart, problems);
        var beforeBoot = problems.Count;
        var boot = problems.ReadName<BootProtocol>($"{path}:Boot", options.Boot);
        if (problems.Count > beforeBoot)
        {
            // What follows depends on it.
            return null;
        }

        CheckContradictions(path, boot, options, memoryMiB);
        CheckWords(path, options);
        var regions = options.Regions.Index().Select(region => _regions.Read($"{path}:Regions:{region.Index}", region.Item)).ToList();
        var image = ReadImage(path, boot, options, regions);
        var files = options.Files.Index().Select(file => _files.ReadMapping($"{path}:Files:{file.Index}", file.Item)).ToList();
        var devices = options.Devices.Index().Select(device => _devices.Read($"{path}:Devices:{device.Index}", device.Item)).ToList();
        var readBack = options.ReadBack.Index().Select(wanted => ReadReadBack($"{path}:ReadBack:{wanted.Index}", wanted.Item)).ToList();
        var input = _files.ReadInput($"{path}:Stdin", options.Stdin);
        var registers = ReadRegisters(path, options);
        var expected = ReadExpected(path, options.Expect);
        var backend = options.Backend is null ? Backend : problems.ReadName<Backend>($"{path}:Backend", options.Backend);
        var start = options.Start is not null ? problems.ReadName<VmStart>($"{path}:Start", options.Start)
            : options.Instances > 1 ? VmStart.Warm : VmStart.Cold;
        if (problems.Count > before || image is null)
        {
            return null;
        }

        var machine = new MachineSpec
        {
            Name = options.Name!,
            Boot = boot,
            Image = image,
            Args = variants is [var first, ..] ? first.Args : options.Args,
            Env = variants is [var own, ..] ? own.Env : [.. options.Env.Select(variable => $"{variable.Key}={variable.Value}")],
            Vcpus = options.Vcpus,
            MaxThreads = options.MaxThreads,
            MemoryBytes = (ulong)memoryMiB << 20,
            IdentityBytes = (ulong?)options.IdentityMiB << 20,
            Devices = devices!,
            Regions = regions!,
            MemoryAdvice = (options.Mergeable ? MemoryAdvice.Mergeable : MemoryAdvice.None) | (options.HugePages ? MemoryAdvice.HugePages : MemoryAdvice.None),
            Registers = registers,
            Input = input,
        };
        var plan = BootPlans.For(machine);
        if (plan.FindProblem() is { } found)
        {
            problems.Add($"{path}:{found.Key}", found.Problem);
        }

        DeviceValidator.FindOverlaps(path, machine.Devices, plan.Ranges, problems);
        return problems.Count > before ? null : new VmSpec
        {
            Name = machine.Name,
            Instances = options.Instances,
            Variants = variants ?? [],
            Backend = backend,
            Plan = plan,
            Timeout = options.Timeout,
            Files = files!,
            Limits = limits,
            ReadBack = readBack,
            Restart = restart,
            Start = start,
            Expected = expected,
        };
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    private void CheckContradictions(string path, BootProtocol boot, VmOptions options, long memoryMiB)
    {
        if (boot == BootProtocol.Elf64 && options.LoadAddress is not null)
        {
            problems.Add($"{path}:LoadAddress", "an ELF image says itself where it is loaded; leave this out or use Boot long64");
        }

        if (boot == BootProtocol.Elf64 && options.Entry is not null)
        {
            problems.Add($"{path}:Entry", "an ELF image says itself where it starts; leave this out or use Boot long64");
        }

        if (!boot.IsLongMode())
        {
            if (options.Args.Count + options.Env.Count > 0)
            {
                problems.Add($"{path}:Args", $"a {boot} guest has no initial stack to put arguments or an environment on");
            }

            if (options.IdentityMiB is not null)
            {
                problems.Add($"{path}:IdentityMiB", $"a {boot} guest starts without page tables");
            }
        }
        else if (options.IdentityMiB is not null && options.Regions.Count > 0)
        {
            problems.Add($"{path}:IdentityMiB", "the Regions already say what is mapped (MapMiB); leave one of the two out");
        }
        else if (options.IdentityMiB is { } identity && (identity < 2 || identity > memoryMiB || identity > 1024 || identity % 2 != 0))
        {
            problems.Add($"{path}:IdentityMiB", $"{identity} is not an even number from 2 to the memory's {memoryMiB}, and at most 1024");
        }

    }

    private void CheckWords(string path, VmOptions options)
    {
        foreach (var (index, argument) in options.Args.Index())
        {
            // The configuration binder takes null for any text.
            if (argument is null || argument.Contains('\0', StringComparison.Ordinal))
            {
                problems.Add($"{path}:Args:{index}", "an argument cannot contain NUL");
            }
        }

        foreach (var (name, value) in options.Env)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('\0', '=') || value?.Contains('\0', StringComparison.Ordinal) == true)
            {
                problems.Add($"{path}:Env:{name.Replace('\0', '?')}", "a variable's name cannot be empty or contain NUL or =, nor its value NUL");
            }
        }
    }

    private GuestImage? ReadImage(string path, BootProtocol boot, VmOptions options, List<RegionSpec?> regions)
    {
        var home = regions.Find(region => region?.Content == RegionContent.Image);
        var load = options.LoadAddress is null && home is not null
            ? home.Range.Start.Value
            : problems.ReadNumber($"{path}:LoadAddress", options.LoadAddress);
        var entry = problems.ReadNumber($"{path}:Entry", options.Entry);
        if (options.Image is null)
        {
            problems.Add($"{path}:Image", "missing; name the file to boot");
            return null;
        }

        if (ScenarioFiles.Resolve(options.Image, scenarioFile) is not { } file || Directory.Exists(file))
        {
            problems.Add($"{path}:Image", GuestPrograms.SayMissing("file", options.Image));
            return null;
        }

        try
        {
            var bytes = inputs.Read(file, MaxImageBytes);
            var isElf = boot == BootProtocol.Elf64 || (boot == BootProtocol.Protected32 && ElfHeader.IsElf(bytes));
            if (isElf && boot == BootProtocol.Protected32 && (options.LoadAddress ?? options.Entry) is not null)
            {
                problems.Add($"{path}:{(options.LoadAddress is null ? "Entry" : "LoadAddress")}", "an ELF image says itself where it is loaded and starts; leave this out");
            }

            // Instances that differ by their files have the same image.
            var key = (file, isElf, load, entry);
            if (!_images.TryGetValue(key, out var image))
            {
                _images.Add(key, image = isElf ? ElfImage.Parse(bytes) : FlatImage.Parse(bytes, new GuestPhysAddr(load), entry));
            }

            return image;
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}:Image", $"{file}: {e.Message}");
            return null;
        }
    }

    private ReadBackSpec ReadReadBack(string path, ReadBackOptions options)
    {
        problems.CheckRange($"{path}:Length", options.Length, 1, MaxReadBack);
        if (options.Address is null)
        {
            problems.Add($"{path}:Address", "missing; say where the bytes are");
        }

        return new ReadBackSpec(new GuestPhysAddr(problems.ReadNumber($"{path}:Address", options.Address)), options.Length);
    }

    private RegisterOverrides ReadRegisters(string path, VmOptions options)
    {
        var values = new Dictionary<string, ulong>();
        foreach (var (name, text) in options.Registers)
        {
            if (!RegisterOverrides.IsKnown(name))
            {
                problems.Add($"{path}:Registers:{name}", $"unknown; use one of {string.Join(", ", RegisterOverrides.Names)}");
            }

            values[name] = problems.ReadNumber($"{path}:Registers:{name}", text);
        }

        return new RegisterOverrides(values);
    }

    private ExpectedEnd ReadExpected(string path, ExpectOptions options)
    {
        if (options.Outcome is null && options.ExitCode is null)
        {
            return ExpectedEnd.Well;
        }

        var outcome = options.Outcome is null ? VmOutcome.Exited : problems.ReadName<VmOutcome>($"{path}:Expect:Outcome", options.Outcome);
        if (options.ExitCode is not null && outcome != VmOutcome.Exited)
        {
            problems.Add($"{path}:Expect:ExitCode", $"a VM that ended as {outcome} has none");
        }

        return new ExpectedEnd(outcome, options.ExitCode);
    }
}
