using System.CommandLine;
using KvmActors.Host.Exec;
using KvmActors.Library.Checking;

namespace KvmActors.Host.CommandLine;

/// <summary>The words of <c>exec</c>: its options come before the program's name, the program's own behind it.</summary>
internal static class ExecCommandLine
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var maps = new Option<string[]>("--map")
        {
            Description = "A host file or folder the program sees; once for each. rw: it may change it; overlay: in a layer of its own that ends with it. Nothing else is visible, but the program itself.",
            HelpName = "HOST:GUEST[:rw|:overlay]",
            DefaultValueFactory = _ => [],
        };
        var volumes = new Option<string[]>("--volume", "-v")
        {
            Description = "The same in docker's word, where the right to write has to be said: docker's default is rw, --map's is to read only.",
            HelpName = "HOST:GUEST:ro|:rw|:overlay",
            DefaultValueFactory = _ => [],
        };
        var root = new Option<string?>("--root")
        {
            Description = "The folder that is the program's /: / for this machine's files. What it changes there is gone at its end. The program is looked for in it.",
            HelpName = "DIR",
        };
        var directory = new Option<string?>("--workdir", "-w")
        {
            Description = "The folder the program begins in, as it sees it. When left out: this one where --root shows it, otherwise /.",
            HelpName = "GUEST-DIR",
        };
        var environment = new Option<string[]>("--env", "-e")
        {
            Description = "An environment variable of the program; once for each. NAME alone passes on this process's, if it has one.",
            HelpName = "NAME[=VALUE]",
            DefaultValueFactory = _ => [],
        };
        var environmentFiles = new Option<string[]>("--env-file")
        {
            Description = "A file of such variables, a line each; lines that begin with # are comments. --env goes before it.",
            HelpName = "FILE",
            DefaultValueFactory = _ => [],
        };
        var defaults = new ExecArguments("", []);
        var vcpus = CheckedOption.MaybeWhole("--vcpus");
        vcpus.Aliases.Add("--cpus");
        vcpus.Description = "How many processors the program has; all of this machine's when left out, 1 in software.";
        vcpus.HelpName = "N";
        var memory = CheckedOption.Memory("--memory", defaults.MemoryMiB);
        memory.Aliases.Add("-m");
        memory.Description = "Guest memory in MiB, or with a unit (512m, 2g), taken from the host as it is touched.";
        memory.HelpName = "MiB";
        var timeout = new Option<string?>("--timeout") { Description = "How long the program may run: seconds, or 250ms, 2m, 00:01:00.", HelpName = "TIME" };
        var budget = new Option<string?>("--cpu-budget") { Description = "How much processor time it may take, written like --timeout.", HelpName = "TIME" };
        var console = CommonOptions.CreateConsole();
        var backend = CommonOptions.CreateBackend();
        var sandbox = CommonOptions.CreateSandbox();
        var core = CommonOptions.CreateCore();
        var (json, report, timeline, trace, strace) = CommonOptions.CreateOutputs();
        var instructions = InstructionOptions.CreateTrace();
        var until = InstructionOptions.CreateUntil();
        var gdb = new Option<string?>("--gdb")
        {
            Description = "Have the program wait for gdb before its first instruction, on a port of 127.0.0.1 or on the standard streams.",
            HelpName = "PORT|stdio",
        };
        gdb.CompletionSources.Add("stdio");
        var command = new Argument<string[]>("PROGRAM") { Description = "The program and its arguments.", Arity = ArgumentArity.OneOrMore };

        var exec = new Command("exec", "Runs one Linux program in a VM of its own and ends with its exit status.")
        {
            maps, volumes, root, directory, environment, environmentFiles, vcpus, memory, timeout, budget, json, report, timeline, trace, strace, instructions, until, gdb, core, console, backend, sandbox, command,
        };
        var determinism = new DeterminismOptions();
        determinism.AddTo(exec);
        var most = CheckedOption.Long("--max-instructions", minimum: 1);
        most.Description = "How many instructions the program and its kernel may execute; in software alone.";
        most.HelpName = "N";
        exec.Options.Add(most);
        var written = CheckedOption.Long("--bytes-written", minimum: 0);
        written.Description = "How many bytes it may write, to its streams and files together.";
        written.HelpName = "N";
        exec.Options.Add(written);
        exec.SetAction((parsed, _) =>
        {
            var settings = SettingWords.Read(parsed);
            var words = parsed.GetValue(command)!;
            return ExecCommand.RunAsync(new ExecArguments(words[0], words[1..])
            {
                Maps = parsed.GetValue(maps)!,
                Volumes = parsed.GetValue(volumes)!,
                Root = parsed.GetValue(root),
                Directory = parsed.GetValue(directory),
                Environment = parsed.GetValue(environment)!,
                EnvironmentFiles = parsed.GetValue(environmentFiles)!,
                Vcpus = parsed.GetValue(vcpus),
                MemoryMiB = parsed.GetValue(memory),
                Timeout = parsed.GetValue(timeout),
                CpuBudget = parsed.GetValue(budget),
                JsonFile = parsed.GetValue(json),
                ReportFile = parsed.GetValue(report),
                TimelineFile = parsed.GetValue(timeline),
                Trace = parsed.GetValue(trace),
                Strace = parsed.GetResult(strace) is not null,
                StraceFile = parsed.GetValue(strace),
                InstructionFile = parsed.GetValue(instructions),
                Until = InstructionOptions.ReadUntil(parsed.GetValue(until)),
                Gdb = parsed.GetValue(gdb),
                CoreFolder = parsed.GetValue(core),
                Console = CommonOptions.ReadConsole(parsed.GetValue(console)),
                Backend = CommonOptions.ReadBackend(parsed.GetValue(backend)),
                Deterministic = determinism.ReadDeterministic(parsed) ?? true,
                Seed = determinism.ReadSeed(parsed) ?? 0,
                MaxInstructions = parsed.GetValue(most),
                BytesWritten = parsed.GetValue(written),
                Sandbox = CommonOptions.ReadSandbox(parsed.GetValue(sandbox)),
                Settings = settings,
            });
        });
        return exec;
    }

    /// <summary>
    /// Puts settings before the command, and <c>--</c> between <c>exec</c>'s own options and the program: what follows the program's
    /// name is the program's, also where it looks like an option of ours.
    /// </summary>
    /// <exception cref="ConfigurationException">An option before the program is unknown, or a setting has no value.</exception>
    public static string[] SeparateProgram(string[] arguments)
    {
        if (arguments is not ["exec", ..])
        {
            return arguments is [var first, ..] && !first.StartsWith('-') ? SettingWords.MoveToFront(arguments) : arguments;
        }

        var options = Create().Options;
        var words = arguments.ToList();
        var settings = new HashSet<int>();
        var index = 1;
        while (index < words.Count && words[index].StartsWith('-') && words[index] != "--")
        {
            var name = words[index].Split('=', 2)[0];
            if (name is "--help" or "-h" or "-?" or "--version" or "-V")
            {
                return arguments;
            }

            if (SettingWords.IsSetting(words[index]))
            {
                settings.Add(index);
                index += name.Length == words[index].Length ? 2 : 1;
                continue;
            }

            // A value may follow an option of one letter at once, as in -m512m.
            if (name.Length > 2 && Find(options, name) is null && Find(options, name[..2]) is not null)
            {
                words.Insert(index + 1, words[index][2..]);
                words[index] = name = name[..2];
            }

            var option = Find(options, name) ?? throw new ConfigurationException(Unknown(options, name));
            if (option.ValueType == typeof(bool) && name.Length < words[index].Length)
            {
                throw new ConfigurationException($"exec: {words[index]}: {name} takes no value");
            }

            // An option without = has its value in the next word, if it takes one and needs one.
            index += name.Length == words[index].Length && option.ValueType != typeof(bool) && option.Arity.MinimumNumberOfValues > 0 ? 2 : 1;
        }

        if (index < words.Count && words[index] != "--")
        {
            words.Insert(index, "--");
        }

        return SettingWords.MoveToFront([.. words], settings.Contains);
    }

    private static Option? Find(IEnumerable<Option> options, string name) => options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static string Unknown(IEnumerable<Option> options, string name) =>
        DockerWords.Find(name) is { } reason ? $"exec: {name}: {reason}"
        : Suggestion.For(name, options.Select(option => option.Name)) is { } meant
            ? $"exec: {name}: unknown; did you mean {meant}? The program's own options come after its name"
        : $"exec: {name}: unknown; the program's own options come after its name";
}
