using System.CommandLine;
using KvmActors.Host.Configuration;

namespace KvmActors.Host.CommandLine;

/// <summary>The command line: which words exist and what they lead to.</summary>
internal static class CommandLineParser
{
    /// <summary>The scenario that runs when none is named.</summary>
    private const string DefaultScenario = "orw";

    /// <summary>Makes the program's commands.</summary>
    public static RootCommand Create()
    {
        var scenario = new Option<string>("--scenario")
        {
            Description = "The scenario to run: one of the list's names, or a file.",
            HelpName = "NAME|FILE",
            DefaultValueFactory = _ => DefaultScenario,
        };
        var json = new Option<string?>("--json") { Description = "Write the results to a file, for programs.", HelpName = "FILE" };
        var trace = new Option<bool>("--trace") { Description = "Write a line to standard error for each span of the trace." };

        var dump = new Option<bool>("--dump-registers") { Description = "Print the registers at every exit to standard error." };
        var step = new Option<int>("--step")
        {
            Description = "Step through the first N instructions of each vCPU and print them to standard error, where KVM can.",
            HelpName = "N",
        };
        step.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError("--step takes a number from 0 upwards");
            }
        });

        var root = new RootCommand("Runs many small KVM virtual machines at once and shows where their time goes. "
            + "Settings of the scenario can be overridden: --Scenario:Vms:0:Instances=100")
        {
            scenario, json, trace, dump, step,
        };

        // What is not an option of ours may be a setting.
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction((parsed, _) => RunCommand.RunAsync(new RunArguments(
            parsed.GetValue(scenario)!,
            ReadOverrides(parsed.UnmatchedTokens),
            parsed.GetValue(json),
            parsed.GetValue(trace),
            parsed.GetValue(dump),
            parsed.GetValue(step))));

        var list = new Command("list", "Lists the scenarios and what each shows.");
        list.SetAction(_ => ListCommand.Run());
        root.Subcommands.Add(list);
        return root;
    }

    /// <summary>Takes the settings out of what is left of the command line.</summary>
    /// <exception cref="ConfigurationException">Something is no setting.</exception>
    private static List<string> ReadOverrides(IReadOnlyList<string> tokens)
    {
        var overrides = new List<string>();
        for (var index = 0; index < tokens.Count; index++)
        {
            var token = tokens[index];
            if (!token.StartsWith("--", StringComparison.Ordinal) || !token.Contains(':', StringComparison.Ordinal))
            {
                throw new ConfigurationException($"{token}: unknown; see --help for commands and options");
            }

            if (!token.Contains('=', StringComparison.Ordinal))
            {
                token = ++index < tokens.Count ? $"{token}={tokens[index]}" : throw new ConfigurationException($"{token}: a value is missing");
            }

            overrides.Add(token);
        }

        return overrides;
    }
}
