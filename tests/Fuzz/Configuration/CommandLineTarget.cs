using KvmActors.Fuzz.Tests.Running;
using KvmActors.Host.CommandLine;
using KvmActors.Host.Configuration;
using KvmActors.Library.Checking;

namespace KvmActors.Fuzz.Tests.Configuration;

/// <summary>
/// Whatever words follow the program's name: they mean something, or why not is said in lines. Those that would run something are told
/// from the rest by what they were parsed to, and not run.
/// </summary>
internal sealed class CommandLineTarget : IFuzzTarget
{
    private static readonly string[] Words =
    [
        "--scenario", "none-such", "--json", "/tmp/x", "--report", "--timeline", "--quiet", "--trace", "--dump-registers", "--step", "1", "99999999999", "-1", "0x10",
        "list", "doctor", "exec", "run", "complete", "-w", "-eA=b", "-v", "--map", "/:/x", "--env", "A=b", "--vcpus", "2", "--memory", "64", "--timeout", "1e400", "--", "/bin/none-such", "-h", "--version",
        "--Scenario:Vms:0:Instances=100", "--Scenario:Name", "x", "--Logging:LogLevel:Default=x", "--:", "--::=", "--Kvm:Device=/dev/null", "=", "", " ", "@file",
        "--step=1", "--step=", "--quiet=false", "--quiet=maybe", "[diagram]", "[parse]", "[suggest]", "\0", "a\nb", "-", "---", "/?", "ÿ", "--console", "safe", "--sandbox", "off",
    ];

    public string Name => "command-line";

    public TimeSpan Share => TimeSpan.FromSeconds(5);

    public void Dispose()
    {
    }

    public string Run(FuzzInput input)
    {
        var words = new string[input.Next(7)];
        for (var index = 0; index < words.Length; index++)
        {
            words[index] = input.OneIn(25) ? new string((char)input.Next(256), input.Next(200)) : input.Pick<string>(Words);
        }

        if (input.IsDescribed)
        {
            input.Note(string.Join(' ', words.Select(word => $"'{word.Replace("\0", "\\0", StringComparison.Ordinal)}'")));
        }

        try
        {
            var parsed = CommandLineParser.Parse(words);
            if (parsed.Errors.Count > 0)
            {
                return "usage";
            }

            if (parsed.Action != parsed.CommandResult.Command.Action)
            {
                return "help";
            }

            // What an action reads first is what it was given.
            foreach (var option in parsed.CommandResult.Command.Options)
            {
                parsed.GetResult(option)?.GetValueOrDefault<object>();
            }

            return parsed.CommandResult.Command.Parents.Any() ? parsed.CommandResult.Command.Name : "run";
        }
        catch (ConfigurationException e)
        {
            return Lines.Check(e.Problems);
        }
    }
}
