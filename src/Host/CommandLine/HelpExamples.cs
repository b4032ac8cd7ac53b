using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace KvmActors.Host.CommandLine;

/// <summary>The examples that <c>--help</c> ends with.</summary>
internal static class HelpExamples
{
    private const string Program = "kvmactors";

    // What each does, and the words behind the program's name.
    private static readonly Dictionary<string, (string Does, string Words)[]> All = new(StringComparer.Ordinal)
    {
        [""] =
        [
            ("Run a scenario of the list, and write a report", "--scenario fleet --report fleet.html"),
            ("Run one Linux program of this machine in a VM of its own", "exec --root / ls -l"),
        ],
        ["run"] =
        [
            ("A scenario of the list, with ten instances of its first VM", "run hello --Scenario:Vms:0:Instances=10"),
            ("One of your own, each line behind its VM's name", "run my.json --output prefix --json out.json"),
        ],
        ["list"] = [("See what there is to run", "list")],
        ["check"] = [("See all that is wrong with a scenario before it runs", "check my.json")],
        ["new"] = [("Begin a scenario with a guest in C, in a new folder", "new mine"), ("The same with one in assembly", "new mine --guest asm")],
        ["doctor"] = [("See what executes guests here", "doctor"), ("End with exit code 3 where that is not KVM", "doctor --backend kvm")],
        ["compare"] = [("See what became slower, and draw it", "compare before.json after.json --report compare.html")],
        ["exec"] =
        [
            ("A program of this machine; what it changes is gone at its end", "exec --root / python3 -c 'print(1)'"),
            ("One that sees a folder and may write to it, with limits", "exec -v /tmp/work:/work:rw -w /work -m 512m --timeout 10 ./tool in.txt"),
        ],
        ["completion"] = [("Complete words in this bash", "completion bash")],
    };

    /// <summary>A command's examples: what each does, and the line to type.</summary>
    public static IEnumerable<(string Does, string Line)> Of(Command command) =>
        All.GetValueOrDefault(command is RootCommand ? "" : command.Name, []).Select(example => (example.Does, $"{Program} {example.Words}"));

    /// <summary>Has the help of every command end with its examples.</summary>
    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        if (help.Action is HelpAction usual)
        {
            help.Action = new ExamplesAction(usual);
        }
    }

    private sealed class ExamplesAction(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var exitCode = usual.Invoke(parseResult);
            var examples = Of(parseResult.CommandResult.Command).ToList();
            var output = parseResult.InvocationConfiguration.Output;
            if (examples.Count > 0)
            {
                output.WriteLine("Examples:");
            }

            foreach (var (does, line) in examples)
            {
                output.WriteLine($"  {line}");
                output.WriteLine($"      {does}.");
            }

            return exitCode;
        }
    }
}
