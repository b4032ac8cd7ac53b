using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using KvmActors.Host.Configuration;
using KvmActors.Host.Exec;
using KvmActors.Host.GuestOutput;
using KvmActors.Host.Output;
using KvmActors.Host.Templates;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.CommandLine;

/// <summary>The command line: which words exist and what they lead to.</summary>
internal static class CommandLineParser
{
    /// <summary>The scenario that runs when none is named.</summary>
    private const string DefaultScenario = "orw";

    /// <summary>Reads a command line. A word that begins with @ is a word, not a file with more of them.</summary>
    /// <exception cref="ConfigurationException">An option of <c>exec</c> is unknown, or one of a run stands before another command.</exception>
    public static ParseResult Parse(string[] arguments)
    {
        var parsed = Create().Parse(SeparateProgram(JoinFolder(arguments)), new ParserConfiguration { ResponseFileTokenReplacer = null });
        RefuseOptionsBefore(parsed);
        return parsed;
    }

    /// <summary>Makes the program's commands.</summary>
    public static RootCommand Create()
    {
        var scenario = new Option<string>("--scenario")
        {
            Description = "The scenario to run: one of the list's names, or a file.",
            HelpName = "NAME|FILE",
            DefaultValueFactory = _ => DefaultScenario,
        };
        var (json, report, timeline, trace, strace) = CreateOutputs();
        var instructions = InstructionOptions.CreateTrace();
        var core = CreateCore();
        var quiet = new Option<bool>("--quiet") { Description = "Show errors only: no progress, no tables." };
        var console = CreateConsole();
        var output = new Option<string?>("--output")
        {
            Description = "Where guests' output goes: plain (to the standard streams, the default), prefix (each line behind its VM's name), none, "
                + "files=DIR (a file for each VM).",
            HelpName = OutputChoice.Forms.Replace(", ", "|", StringComparison.Ordinal),
        };
        output.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && OutputChoice.Parse(token.Value) is null)
            {
                result.AddError($"--output: '{token.Value}' is unknown; use one of {OutputChoice.Forms}");
            }
        });

        var dump = new Option<bool>("--dump-registers") { Description = "Print the registers at every exit to standard error." };
        var step = CheckedOption.Whole("--step", 0, minimum: 0);
        step.Description = "Step through the first N instructions of each vCPU and print them to standard error; on KVM, where it can.";
        step.HelpName = "N";

        var until = InstructionOptions.CreateUntil();
        var gdb = new Option<string?>("--gdb")
        {
            Description = "Have a VM wait for gdb before its first instruction, on a port of 127.0.0.1 or on the standard streams.",
            HelpName = "[VM=]PORT|stdio",
        };
        var backend = CreateBackend();
        var sandbox = CreateSandbox();
        var root = new RootCommand("Runs many small KVM virtual machines at once and shows where their time goes. "
            + "Settings of the scenario can be overridden: --Scenario:Vms:0:Instances=100")
        {
            scenario, json, report, timeline, core, quiet, output, console, trace, strace, instructions, dump, step, until, gdb, backend, sandbox,
        };

        var determinism = new DeterminismOptions();
        determinism.AddTo(root);

        // The library's own would tell the commit too, and not whose version it is.
        var version = root.Options.OfType<VersionOption>().Single();
        version.Description = "Tell the program's version.";
        version.Action = new VersionAction();

        // What is not an option of ours may be a setting.
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction((parsed, _) => RunCommand.RunAsync(new RunArguments(
            parsed.GetValue(scenario)!,
            [.. SettingWords.Read(parsed, hasScenario: true), .. determinism.ReadSettings(parsed)],
            parsed.GetValue(json),
            parsed.GetValue(trace),
            parsed.GetValue(dump),
            parsed.GetValue(step))
        {
            ReportFile = parsed.GetValue(report),
            TimelineFile = parsed.GetValue(timeline),
            CoreFolder = parsed.GetValue(core),
            Gdb = parsed.GetValue(gdb),
            Until = InstructionOptions.ReadUntil(parsed.GetValue(until)),
            InstructionFile = parsed.GetValue(instructions),
            Strace = parsed.GetResult(strace) is not null,
            StraceFile = parsed.GetValue(strace),
            Quiet = parsed.GetValue(quiet),
            Output = OutputChoice.Parse(parsed.GetValue(output))!,
            Console = ReadConsole(parsed.GetValue(console)),
            Backend = ReadBackend(parsed.GetValue(backend)),
            Sandbox = ReadSandbox(parsed.GetValue(sandbox)),
        }));

        var list = new Command("list", "Lists the scenarios and what each shows.");
        list.SetAction(parsed =>
        {
            SettingWords.Read(parsed);
            return ListCommand.Run();
        });
        root.Subcommands.Add(list);
        root.Subcommands.Add(CreateCheck());
        root.Subcommands.Add(CreateNew());
        root.Subcommands.Add(CreateDoctor());
        root.Subcommands.Add(CompareCommand.Create());
        root.Subcommands.Add(CreateExec());
        foreach (var command in root.Subcommands)
        {
            // What is left over is a setting, or SettingWords refuses it.
            command.TreatUnmatchedTokensAsErrors = false;
        }

        return root;
    }

    // What a run leaves besides the guests' own output.
    private static (Option<string?> Json, Option<string?> Report, Option<string?> Timeline, Option<bool> Trace, Option<string?> Strace) CreateOutputs() => (
        new Option<string?>("--json") { Description = "Write the results to a file, for programs.", HelpName = "FILE" },
        new Option<string?>("--report") { Description = "Write a report to a file, for a browser.", HelpName = "FILE.html" },
        new Option<string?>("--timeline") { Description = "Write the timeline of every vCPU to a file, for ui.perfetto.dev.", HelpName = "FILE.json" },
        new Option<bool>("--trace") { Description = "Write the trace to standard error, as a tree." },
        new Option<string?>("--strace")
        {
            Description = "Write each system call of programs under the guest kernel, with arguments and result, to standard error or a file.",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        });

    private static Option<string?> CreateCore() => new("--core")
    {
        Description = "Write a core file of each VM that crashes, or whose program is killed, to a folder, for gdb.",
        HelpName = "DIR",
    };

    private static Option<string?> CreateSandbox()
    {
        var sandbox = CheckedOption.OneOf("--sandbox", "on", "log", "off");
        sandbox.Description = "How far threads that serve a guest are confined: on (as far as this machine allows, the default), log (not at all, "
            + "but the kernel's log says which system calls would be refused), off.";
        return sandbox;
    }

    private static Option<string?> CreateBackend()
    {
        var backend = CheckedOption.OneOf("--backend", "auto", "kvm", "software");
        backend.Description = "What executes guests' instructions: auto (KVM where it can be used, otherwise software; the default), kvm (exit code 3 "
            + "where it cannot be used), software. Goes before what a scenario says.";
        return backend;
    }

    private static Backend? ReadBackend(string? word) => word is null ? null : Enum.Parse<Backend>(word, ignoreCase: true);

    private static SandboxMode? ReadSandbox(string? word) => word is null ? null : Enum.Parse<SandboxMode>(word, ignoreCase: true);

    private static Command CreateDoctor()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON, for programs." };
        var backend = CheckedOption.OneOf("--backend", "auto", "kvm", "software");
        backend.Description = "What has to be usable: kvm (exit code 3 where it is not), or auto (the default) or software, which always are.";
        var doctor = new Command("doctor", "Says what this machine's KVM offers, and what to do where it does not; without KVM guests run in software.") { json, backend };
        doctor.SetAction(parsed =>
        {
            return DoctorCommand.Run(parsed.GetValue(json), SettingWords.Read(parsed), ReadBackend(parsed.GetValue(backend)));
        });
        return doctor;
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

        var options = CreateExec().Options;
        var settings = new HashSet<int>();
        var index = 1;
        while (index < arguments.Length && arguments[index].StartsWith('-') && arguments[index] != "--")
        {
            var name = arguments[index].Split('=', 2)[0];
            if (name is "--help" or "-h" or "-?")
            {
                return arguments;
            }

            if (SettingWords.IsSetting(arguments[index]))
            {
                settings.Add(index);
                index += name.Length == arguments[index].Length ? 2 : 1;
                continue;
            }

            var option = options.FirstOrDefault(option => option.Name == name)
                ?? throw new ConfigurationException($"exec: {name}: unknown; the program's own options come after its name");

            if (option.ValueType == typeof(bool) && name.Length < arguments[index].Length)
            {
                throw new ConfigurationException($"exec: {arguments[index]}: {name} takes no value");
            }

            // An option without = has its value in the next word, if it takes one and needs one.
            index += name.Length == arguments[index].Length && option.ValueType != typeof(bool) && option.Arity.MinimumNumberOfValues > 0 ? 2 : 1;
        }

        string[] separated = index >= arguments.Length || arguments[index] == "--" ? arguments : [.. arguments[..index], "--", .. arguments[index..]];
        return SettingWords.MoveToFront(separated, settings.Contains);
    }

    private static Command CreateExec()
    {
        var maps = new Option<string[]>("--map")
        {
            Description = "A host file or folder the program sees; once for each. Nothing else is visible, but the program itself.",
            HelpName = "HOST:GUEST[:rw]",
            DefaultValueFactory = _ => [],
        };
        var environment = new Option<string[]>("--env")
        {
            Description = "An environment variable of the program; once for each.",
            HelpName = "NAME=VALUE",
            DefaultValueFactory = _ => [],
        };
        var defaults = new ExecArguments("", []);
        var vcpus = CheckedOption.Whole("--vcpus", defaults.Vcpus);
        vcpus.Description = "Virtual CPUs.";
        vcpus.HelpName = "N";
        var memory = CheckedOption.Whole("--memory", defaults.MemoryMiB);
        memory.Description = "Guest memory in MiB, taken from the host as it is touched.";
        memory.HelpName = "MiB";
        var timeout = new Option<string?>("--timeout") { Description = "How long the program may run: seconds, or 250ms, 2m, 00:01:00.", HelpName = "TIME" };
        var budget = new Option<string?>("--cpu-budget") { Description = "How much processor time it may take, written like --timeout.", HelpName = "TIME" };
        var console = CreateConsole();
        var backend = CreateBackend();
        var sandbox = CreateSandbox();
        var core = CreateCore();
        var (json, report, timeline, trace, strace) = CreateOutputs();
        var instructions = InstructionOptions.CreateTrace();
        var until = InstructionOptions.CreateUntil();
        var command = new Argument<string[]>("PROGRAM") { Description = "The program and its arguments.", Arity = ArgumentArity.OneOrMore };

        var exec = new Command("exec", "Runs one static Linux program in a VM of its own and ends with its exit status.")
        {
            maps, environment, vcpus, memory, timeout, budget, json, report, timeline, trace, strace, instructions, until, core, console, backend, sandbox, command,
        };
        var determinism = new DeterminismOptions();
        determinism.AddTo(exec);
        var most = CheckedOption.Long("--max-instructions", minimum: 1);
        most.Description = "How many instructions the program and its kernel may execute; in software alone.";
        most.HelpName = "N";
        exec.Options.Add(most);
        exec.SetAction((parsed, _) =>
        {
            var settings = SettingWords.Read(parsed);
            var words = parsed.GetValue(command)!;
            return ExecCommand.RunAsync(new ExecArguments(words[0], words[1..])
            {
                Maps = parsed.GetValue(maps)!,
                Environment = parsed.GetValue(environment)!,
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
                CoreFolder = parsed.GetValue(core),
                Console = ReadConsole(parsed.GetValue(console)),
                Backend = ReadBackend(parsed.GetValue(backend)),
                Deterministic = determinism.ReadDeterministic(parsed) ?? true,
                Seed = determinism.ReadSeed(parsed) ?? 0,
                MaxInstructions = parsed.GetValue(most),
                Sandbox = ReadSandbox(parsed.GetValue(sandbox)),
                Settings = settings,
            });
        });
        return exec;
    }

    private static Option<string?> CreateConsole()
    {
        var console = CheckedOption.OneOf("--console", "safe", "raw");
        console.Description = "What a terminal is shown of guests' output: safe (control characters as ^[) or raw. Safe on terminals, raw elsewhere.";
        return console;
    }

    private static ConsoleMode? ReadConsole(string? word) => word is null ? null : word == "safe" ? ConsoleMode.Safe : ConsoleMode.Raw;

    // --output files DIR is --output files=DIR.
    private static string[] JoinFolder(string[] arguments) =>
        arguments is not ["exec", ..] && arguments.AsSpan().IndexOf(["--output", "files"]) is var at and >= 0 && at + 2 < arguments.Length
            ? [.. arguments[..(at + 1)], $"files={arguments[at + 2]}", .. arguments[(at + 3)..]]
            : arguments;

    private static Command CreateNew()
    {
        var name = new Argument<string>("NAME") { Description = "A folder that is not there yet; the scenario is called as it is." };
        var guest = CheckedOption.OneOf("--guest", "c", "asm");
        guest.Description = "What its guest is written in: c (the default) or asm.";
        var command = new Command("new", "Writes a scenario to begin with: commented, with a guest of its own and a Makefile.") { name, guest };
        command.SetAction(parsed =>
        {
            SettingWords.Read(parsed);
            return NewCommand.Run(parsed.GetValue(name)!, parsed.GetValue(guest) == "asm" ? GuestKind.Asm : GuestKind.C);
        });
        return command;
    }

    private static Command CreateCheck()
    {
        var file = new Argument<string>("NAME|FILE") { Description = "The scenario: one of the list's names, or a file." };
        var check = new Command("check", "Checks a scenario, all of it, and starts nothing. Settings can be overridden as in a run.") { file };
        check.SetAction(parsed => CheckCommand.Run(parsed.GetValue(file)!, SettingWords.Read(parsed, hasScenario: true)));
        return check;
    }

    // The library hands them to the command without a name, which does not run, so nobody would hear of them.
    private static void RefuseOptionsBefore(ParseResult parsed)
    {
        if (parsed.CommandResult.Command is not RootCommand && parsed.RootCommandResult.Children.OfType<OptionResult>()
            .FirstOrDefault(result => !result.Implicit && result.Option is not (HelpOption or VersionOption)) is { } before)
        {
            var command = parsed.CommandResult.Command.Name;
            throw new ConfigurationException($"{before.Option.Name}: stands before {command}, which is another command; the options of {command} come after its name");
        }
    }
}
