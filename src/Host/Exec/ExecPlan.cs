using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Interop.Files;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;
using KvmActors.Library.Programs;
using KvmActors.Linux.Files;

namespace KvmActors.Host.Exec;

/// <summary>Turns a program's name and options into a scenario of one VM, which is validated as any other.</summary>
internal static class ExecPlan
{
    private const int NotExecutable = 126;
    private const int MinMemoryMiB = 4;
    private const string Root = "exec";

    // RLIMIT_NOFILE, as Linux's own (INR_OPEN_CUR and INR_OPEN_MAX of linux/fs.h).
    private const int FirstDescriptorLimit = 1024, MaxDescriptors = 4096, StandardStreams = 3;

    // What this process may still open until the program starts, and the least that a program is given; where there is less, it is not
    // started.
    private const int OfOwn = 64, FewestFiles = 64;

    /// <summary>Plans the run.</summary>
    /// <exception cref="ConfigurationException">An option is wrong.</exception>
    /// <exception cref="ProgramException">The program is not there or cannot be run.</exception>
    public static ScenarioSpec Create(ExecArguments arguments)
    {
        GuestPrograms.Check();
        var problems = new Problems(NameOf);
        var maps = arguments.Maps.Select(map => MappingWords.ReadMap(map, problems))
            .Concat(arguments.Volumes.Select(volume => MappingWords.ReadVolume(volume, problems))).OfType<Configuration.FileOptions>().ToList();
        var root = ReadRoot(arguments.Root, maps, problems);
        var options = new VmOptions
        {
            Name = "exec",
            Boot = "elf64",
            Image = Path.Combine(GuestPrograms.Folder, "kernel.elf"),
            Vcpus = arguments.Vcpus ?? 1,
            MemoryMiB = arguments.MemoryMiB,
            Timeout = ReadDuration("Timeout", arguments.Timeout, problems) ?? Bounds.MaxTimeout,
            Limits =
            {
                CpuBudget = ReadDuration("Limits:CpuBudget", arguments.CpuBudget, problems),
                MaxInstructions = arguments.MaxInstructions,
            },
            Env = EnvironmentWords.Read(arguments.EnvironmentFiles, arguments.Environment, problems),
            Files = maps,
        };
        if (arguments.MemoryMiB < MinMemoryMiB)
        {
            problems.Add($"{Root}:MemoryMiB", $"{arguments.MemoryMiB} is less than the guest kernel's {MinMemoryMiB}");
        }

        problems.ThrowIfAny();

        var program = ProgramSearch.Find(arguments.Program, [.. maps.Select(Mapped)], root, options.Env.GetValueOrDefault("PATH"));
        if (ExecutableFile.FindProblem(program.HostPath, out var interpreter) is { } problem)
        {
            throw new ProgramException(NotExecutable, $"{arguments.Program}: {problem}");
        }

        if (program.NeedsMapping)
        {
            maps.Add(new Configuration.FileOptions { Guest = program.GuestPath, Host = program.HostPath });
        }

        if (interpreter is not null && InterpreterSearch.FindProblem(interpreter, [.. maps.Select(Mapped)]) is { } missing)
        {
            throw new ProgramException(NotExecutable, $"{arguments.Program}: {missing}");
        }

        var directory = arguments.Directory is { } asked ? ReadDirectory(asked, maps, problems) : DirectoryIn(root);
        problems.ThrowIfAny();

        options.Args = [program.GuestPath, .. arguments.Arguments];
        var vm = new VmValidator(options.Image, problems, new WholeFiles()).Validate(Root, options);
        problems.ThrowIfAny();
        return WithFileLimits(
            new ScenarioSpec("exec", MaxConcurrency: 1, [vm! with { InheritsInput = true, Seed = arguments.Seed, Directory = directory }])
            {
                IsDeterministic = arguments.Deterministic,
            },
            arguments.BytesWritten);
    }

    // What the program would have on the host: as many open files as Linux gives a process, as far as this one may have them, and
    // nothing else that nobody asked for.
    private static ScenarioSpec WithFileLimits(ScenarioSpec scenario, long? bytesWritten)
    {
        var vm = scenario.Vms[0];
        var files = vm.Limits.Files with { OpenFiles = 0, BytesWritten = bytesWritten, InodesCreated = null };
        var bare = scenario with { Vms = [vm with { Limits = vm.Limits with { Files = files } }] };
        var open = (int)Math.Clamp(DescriptorPlan.RoomIn(bare) - OfOwn, FewestFiles, MaxDescriptors - StandardStreams);
        files = files with { OpenFiles = open, FirstDescriptorLimit = FirstDescriptorLimit };
        return scenario with { Vms = [vm with { Limits = vm.Limits with { Files = files } }] };
    }

    private static FileMapping Mapped(Configuration.FileOptions map) => new(map.Guest!, map.Host!, MappingAccess.Read);

    // The options that stand for a scenario's keys.
    private static string NameOf(string key) => key.Split(':') switch
    {
        [Root, "Vcpus"] => "--vcpus",
        [Root, "MemoryMiB"] => "--memory",
        [Root, "Timeout"] => "--timeout",
        [Root, "Limits", "CpuBudget"] => "--cpu-budget",
        [Root, "Limits", "MaxInstructions"] => "--max-instructions",
        [Root, "Env"] => "--env",
        [Root, "EnvFile"] => "--env-file",
        [Root, "Volumes"] => "--volume",
        [Root, "Directory"] => "--workdir",
        [Root, "Files", ..] => "--map",
        [Root, "Root"] => "--root",
        [Root, ..] => "exec",
        _ => key,
    };

    private static TimeSpan? ReadDuration(string key, string? text, Problems problems)
    {
        if (text is null)
        {
            return null;
        }

        if (!Durations.TryParse(text, out var duration))
        {
            problems.Add($"{Root}:{key}", $"'{text}' is no duration; write {Durations.Forms}");
            return null;
        }

        if (duration <= TimeSpan.Zero || duration > Bounds.MaxTimeout)
        {
            problems.Add($"{Root}:{key}", $"'{text}' is not more than 0 and at most {Bounds.MaxTimeout.TotalDays} days");
            return null;
        }

        return duration;
    }

    // One more mapping, which the program may change as it likes: nothing of that reaches the host.
    private static string? ReadRoot(string? folder, List<Configuration.FileOptions> maps, Problems problems)
    {
        if (folder is null)
        {
            return null;
        }

        var host = folder.Length > 0 ? Path.GetFullPath(folder) : "";
        if (!Directory.Exists(host))
        {
            problems.Add($"{Root}:Root", $"there is no folder {(host.Length > 0 ? host : "''")}");
            return null;
        }

        if (maps.Exists(map => map.Guest == "/"))
        {
            problems.Add($"{Root}:Root", "--map says what / is, too; leave one of them out");
            return null;
        }

        maps.Add(new Configuration.FileOptions { Guest = "/", Host = host, Access = nameof(MappingAccess.Overlay) });
        return host;
    }

    // As the program is going to see it, with no link in it, as getcwd has it.
    private static string ReadDirectory(string path, IReadOnlyList<Configuration.FileOptions> maps, Problems problems)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add($"{Root}:Directory", $"'{path}' is no absolute path; write it as the program sees it, from / on");
            return path;
        }

        using var view = GuestFiles.Open(maps.Select(Mapped));
        var found = view is null ? path : view.FindFolder(path);
        if (found is null)
        {
            problems.Add($"{Root}:Directory", $"there is no folder {path} among what the program sees; --map HOST:{path} shows it one");
        }

        return found ?? path;
    }

    // This process's own, where the program has it.
    private static string DirectoryIn(string? root)
    {
        if (root is null || PlainFile.RealFolder(root) is not { } real || PlainFile.RealFolder(".") is not { } here)
        {
            return "/";
        }

        var prefix = real.TrimEnd('/');
        return here.StartsWith(prefix + "/", StringComparison.Ordinal) ? here[prefix.Length..] : "/";
    }
}
