using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using KvmActors.Host.Templates;
using KvmActors.Library.Checking;

namespace KvmActors.Host.CommandLine;

/// <summary>The command line: which words exist and what they lead to.</summary>
internal static class CommandLineParser
{
    /// <summary>Reads a command line. A word that begins with @ is a word, not a file with more of them.</summary>
    /// <exception cref="ConfigurationException">An option of <c>exec</c> is unknown, or one of a run stands before another command.</exception>
    public static ParseResult Parse(string[] arguments)
    {
        // What is to be completed is other people's words.
        var words = arguments is [CompletionCommand.HiddenName, ..] ? arguments : ExecCommandLine.SeparateProgram(JoinFolder(arguments));
        var parsed = Create().Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        RefuseOptionsBefore(parsed);
        RefuseValues(parsed, words);
        return parsed;
    }

    /// <summary>Makes the program's commands.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Runs many small KVM virtual machines at once and shows where their time goes. "
            + "Settings of the scenario can be overridden: --Scenario:Vms:0:Instances=100");
        RunOptions.AddToRoot(root);

        // The library's own would tell the commit too, and not whose version it is.
        var version = root.Options.OfType<VersionOption>().Single();
        version.Aliases.Add("-V");

        // Behind a command and beside other options, too: people try it there.
        version.Recursive = true;
        version.Validators.Clear();
        version.Description = "Tell the program's version.";
        version.Action = new VersionAction();

        // What is not an option of ours may be a setting.
        root.TreatUnmatchedTokensAsErrors = false;

        var list = new Command("list", "Lists the scenarios and what each shows.");
        list.SetAction(parsed =>
        {
            SettingWords.Read(parsed);
            return ListCommand.Run();
        });
        root.Subcommands.Add(RunOptions.CreateCommand());
        root.Subcommands.Add(list);
        root.Subcommands.Add(CreateCheck());
        root.Subcommands.Add(CreateNew());
        root.Subcommands.Add(CreateDoctor());
        root.Subcommands.Add(CompareCommand.Create());
        root.Subcommands.Add(ExecCommandLine.Create());
        root.Subcommands.Add(CompletionCommand.Create());
        root.Subcommands.Add(CompletionCommand.CreateHidden());
        foreach (var command in root.Subcommands)
        {
            // What is left over is a setting, or SettingWords refuses it.
            command.TreatUnmatchedTokensAsErrors = false;
        }

        HelpExamples.AddTo(root);
        return root;
    }

    private static Command CreateDoctor()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON, for programs." };
        var backend = CheckedOption.OneOf("--backend", "auto", "kvm", "software");
        backend.Description = "What has to be usable: kvm (exit code 3 where it is not), or auto (the default) or software, which always are.";
        var doctor = new Command("doctor", "Says what this machine's KVM offers, and what to do where it does not; without KVM guests run in software.") { json, backend };
        doctor.SetAction(parsed =>
        {
            return DoctorCommand.Run(parsed.GetValue(json), SettingWords.Read(parsed), CommonOptions.ReadBackend(parsed.GetValue(backend)));
        });
        return doctor;
    }

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
        CheckedOption.RefuseOptions(name);
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
        CheckedOption.RefuseOptions(file);
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

    // The library would take the value of an option that has none for the name of a scenario.
    private static void RefuseValues(ParseResult parsed, string[] words)
    {
        if (parsed.CommandResult.Command is not { Name: RunOptions.CommandName } run)
        {
            return;
        }

        foreach (var word in words.TakeWhile(word => word != "--"))
        {
            if (word.Split('=', 2) is [var name, var value] && !bool.TryParse(value, out _) && run.Options.Any(option => option.Name == name && option.ValueType == typeof(bool)))
            {
                throw new ConfigurationException($"run: {word}: {name} takes no value");
            }
        }
    }
}
