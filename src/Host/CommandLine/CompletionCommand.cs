using System.CommandLine;
using KvmActors.Host.Completion;

namespace KvmActors.Host.CommandLine;

/// <summary>Completion of this program's words in a shell: the shell's script, and what that asks.</summary>
internal static class CompletionCommand
{
    /// <summary>The command that the scripts ask; people have no use for it.</summary>
    public const string HiddenName = "complete";

    /// <summary>Makes <c>completion SHELL</c>.</summary>
    public static Command Create()
    {
        string[] shells = [.. CompletionScripts.All.Keys];
        var shell = new Argument<string>("SHELL") { Description = $"The shell: {string.Join(", ", shells)}." };
        shell.CompletionSources.Add(shells);
        shell.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !shells.Contains(token.Value))
            {
                result.AddError($"completion: '{token.Value}' is unknown; use one of {string.Join(", ", shells)}");
            }
        });
        var command = new Command("completion", "Writes a script that has a shell complete this program's words; how to install it stands at its top.") { shell };
        command.SetAction(parsed =>
        {
            SettingWords.Read(parsed);
            Console.Out.Write(CompletionScripts.All[parsed.GetValue(shell)!]);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Makes <c>complete -- WORD...</c>: the words behind the program's name, the last of which is to be completed.</summary>
    public static Command CreateHidden()
    {
        var words = new Argument<string[]>("WORD") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(HiddenName, "Answers a shell's script.") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Console.Out.Write(CommandCompleter.Complete((RootCommand)parsed.RootCommandResult.Command, parsed.GetValue(words) ?? []).Format());
            return ExitCodes.Success;
        });
        return command;
    }
}
