using KvmActors.Actors.Boot;
using KvmActors.Actors.Files;
using KvmActors.Actors.Images;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Vm;
using KvmActors.Host.Configuration;

namespace KvmActors.Host.Exec;

/// <summary>Turns <c>exec</c>'s arguments into a scenario of one VM, or says what is wrong with them.</summary>
internal static class ExecPlan
{
    private const int NotExecutable = 126;
    private const int MaxVcpus = 4096;

    // As long as a timer takes; a program that runs longer than that is not run by exec.
    private static readonly TimeSpan Forever = TimeSpan.FromDays(24);

    /// <summary>Makes the scenario.</summary>
    /// <exception cref="ConfigurationException">An option is wrong.</exception>
    /// <exception cref="ExecException">The program cannot be run.</exception>
    public static ScenarioSpec Create(ExecArguments arguments)
    {
        var problems = new Problems();
        problems.CheckRange("--vcpus", arguments.Vcpus, 1, MaxVcpus);
        problems.CheckRange("--memory", arguments.MemoryMiB, 4, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20);
        var timeout = arguments.TimeoutSeconds is { } seconds ? ReadTimeout(seconds, problems) : Forever;
        foreach (var variable in arguments.Environment.Where(variable => variable.IndexOf('=', StringComparison.Ordinal) <= 0))
        {
            problems.Add("--env", $"'{variable}' is not NAME=VALUE");
        }

        var mappings = arguments.Maps.Select(map => ReadMap(map, problems)).OfType<FileMapping>().ToList();
        problems.ThrowIfAny();

        var program = ProgramSearch.Find(arguments.Program, mappings);
        if (ExecutableFile.FindProblem(program.HostPath) is { } problem)
        {
            throw new ExecException(NotExecutable, $"{arguments.Program}: {problem}");
        }

        if (program.NeedsMapping)
        {
            mappings.Add(new FileMapping(program.GuestPath, program.HostPath, MappingAccess.Read));
        }

        var kernel = Path.Combine(AppContext.BaseDirectory, "guest", "kernel.elf");
        var vm = new VmSpec
        {
            Name = "exec",
            Instances = 1,
            Boot = BootProtocol.Elf64,
            Image = ElfImage.Parse(File.ReadAllBytes(kernel)),
            Args = [program.GuestPath, .. arguments.Arguments],
            Env = arguments.Environment,
            Vcpus = arguments.Vcpus,
            MemoryBytes = (ulong)arguments.MemoryMiB << 20,
            Timeout = timeout,
            Files = mappings,
            InheritsInput = true,
        };
        if (BootPlans.For(vm).FindProblem() is { } found)
        {
            throw new ConfigurationException($"exec: {found.Problem}");
        }

        return new ScenarioSpec("exec", MaxConcurrency: 1, [vm]);
    }

    private static TimeSpan ReadTimeout(double seconds, Problems problems)
    {
        if (seconds > 0 && seconds <= Forever.TotalSeconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        problems.Add("--timeout", $"{seconds} is not more than 0 and at most {Forever.TotalSeconds} seconds");
        return Forever;
    }

    private static FileMapping? ReadMap(string map, Problems problems)
    {
        var parts = map.Split(':');
        if (parts is not ([{ Length: > 0 }, ['/', ..]] or [{ Length: > 0 }, ['/', ..], "rw"]))
        {
            problems.Add("--map", $"'{map}' is not HOST:GUEST or HOST:GUEST:rw with an absolute guest path");
            return null;
        }

        var host = Path.GetFullPath(parts[0]);
        if (!Path.Exists(host))
        {
            problems.Add("--map", $"there is no file or folder {host}");
            return null;
        }

        return new FileMapping(FileValidator.Normalise(parts[1]), host, parts.Length == 3 ? MappingAccess.ReadWrite : MappingAccess.Read);
    }
}
