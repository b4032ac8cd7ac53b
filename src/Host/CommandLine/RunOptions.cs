using System.CommandLine;
using KvmActors.Host.GuestOutput;
using KvmActors.Library.Checking;

namespace KvmActors.Host.CommandLine;

/// <summary>The options of a run: of the program without a command, and of <c>run</c>.</summary>
internal sealed class RunOptions
{
    /// <summary>The command's name.</summary>
    public const string CommandName = "run";

    /// <summary>The scenario that runs when none is named.</summary>
    private const string DefaultScenario = "orw";

    private readonly Option<string?> _scenario = new("--scenario")
    {
        Description = "The scenario to run: one of the list's names, or a file.",
        HelpName = "NAME|FILE",
        DefaultValueFactory = _ => DefaultScenario,
    };

    private readonly Option<string?> _json, _report, _timeline, _strace;
    private readonly Option<bool> _trace;
    private readonly Option<string?> _instructions = InstructionOptions.CreateTrace();
    private readonly Option<string?> _core = CommonOptions.CreateCore();
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Show errors only: no progress, no tables." };
    private readonly Option<string?> _console = CommonOptions.CreateConsole();
    private readonly Option<string?> _output = new("--output")
    {
        Description = "Where guests' output goes: plain (to the standard streams, the default), prefix (each line behind its VM's name), none, "
            + "files=DIR (a file for each VM).",
        HelpName = OutputChoice.Forms.Replace(", ", "|", StringComparison.Ordinal),
    };

    private readonly Option<bool> _dump = new("--dump-registers") { Description = "Print the registers at every exit to standard error." };
    private readonly Option<int> _step = CheckedOption.Whole("--step", 0, minimum: 0);
    private readonly Option<string?> _until = InstructionOptions.CreateUntil();
    private readonly Option<string?> _gdb = new("--gdb")
    {
        Description = "Have a VM wait for gdb before its first instruction, on a port of 127.0.0.1 or on the standard streams.",
        HelpName = "[VM=]PORT|stdio",
    };

    private readonly Option<string?> _backend = CommonOptions.CreateBackend();
    private readonly Option<string?> _sandbox = CommonOptions.CreateSandbox();
    private readonly DeterminismOptions _determinism = new();

    private readonly Argument<string?> _name = new("NAME|FILE")
    {
        Description = $"The scenario: one of the list's names, or a file; {DefaultScenario} when left out.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private RunOptions()
    {
        (_json, _report, _timeline, _trace, _strace) = CommonOptions.CreateOutputs();
        _output.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && OutputChoice.Parse(token.Value) is null)
            {
                result.AddError($"--output: '{token.Value}' is unknown; use one of {OutputChoice.Forms}");
            }
        });
        _output.CompletionSources.Add("plain", "prefix", "none", "files=");
        _gdb.CompletionSources.Add("stdio");
        _step.Description = "Step through the first N instructions of each vCPU and print them to standard error; on KVM, where it can.";
        _step.HelpName = "N";
    }

    /// <summary>Makes <c>run</c>, which does by name what the program does without a command.</summary>
    public static Command CreateCommand()
    {
        var options = new RunOptions();
        CheckedOption.RefuseOptions(options._name);
        var run = new Command(CommandName, "Runs a scenario, as without a command. Settings can be overridden: --Scenario:Vms:0:Instances=100") { options._name };
        options.AddTo(run);
        return run;
    }

    /// <summary>Has the program run a scenario without a command.</summary>
    public static void AddToRoot(RootCommand root) => new RunOptions().AddTo(root);

    private void AddTo(Command command)
    {
        Option[] all =
        [
            _scenario, _json, _report, _timeline, _core, _quiet, _output, _console, _trace, _strace, _instructions, _dump, _step, _until, _gdb, _backend, _sandbox,
        ];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }

        _determinism.AddTo(command);
        command.SetAction((parsed, _) => RunCommand.RunAsync(Read(parsed)));
    }

    private RunArguments Read(ParseResult parsed) => new(
        ReadScenario(parsed),
        [.. SettingWords.Read(parsed, hasScenario: true), .. _determinism.ReadSettings(parsed)],
        parsed.GetValue(_json),
        parsed.GetValue(_trace),
        parsed.GetValue(_dump),
        parsed.GetValue(_step))
    {
        NamedBy = IsNamedByOption(parsed) ? "--scenario" : CommandName,
        ReportFile = parsed.GetValue(_report),
        TimelineFile = parsed.GetValue(_timeline),
        CoreFolder = parsed.GetValue(_core),
        Gdb = parsed.GetValue(_gdb),
        Until = InstructionOptions.ReadUntil(parsed.GetValue(_until)),
        InstructionFile = parsed.GetValue(_instructions),
        Strace = parsed.GetResult(_strace) is not null,
        StraceFile = parsed.GetValue(_strace),
        Quiet = parsed.GetValue(_quiet),
        Output = OutputChoice.Parse(parsed.GetValue(_output))!,
        Console = CommonOptions.ReadConsole(parsed.GetValue(_console)),
        Backend = CommonOptions.ReadBackend(parsed.GetValue(_backend)),
        Sandbox = CommonOptions.ReadSandbox(parsed.GetValue(_sandbox)),
    };

    // What is said twice may be meant twice; only one can run.
    private string ReadScenario(ParseResult parsed)
    {
        var option = parsed.GetValue(_scenario)!;
        return IsNamedByOption(parsed) ? option
            : parsed.GetResult(_scenario) is { Implicit: false }
                ? throw new ConfigurationException($"run: {parsed.GetValue(_name)} and --scenario {option} both name a scenario; leave one of them out")
            : parsed.GetValue(_name)!;
    }

    private bool IsNamedByOption(ParseResult parsed) => parsed.CommandResult.Command is RootCommand || parsed.GetValue(_name) is null;
}
