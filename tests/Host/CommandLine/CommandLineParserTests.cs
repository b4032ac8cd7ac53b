using KvmActors.Host.CommandLine;
using KvmActors.Host.Configuration;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class CommandLineParserTests
{
    [Theory]
    [InlineData("exec program", "exec -- program")]
    [InlineData("exec program --map x --help", "exec -- program --map x --help")]
    [InlineData("exec --map a:/b program -x", "exec --map a:/b -- program -x")]
    [InlineData("exec --map=a:/b --env A=b --vcpus=2 program", "exec --map=a:/b --env A=b --vcpus=2 -- program")]
    [InlineData("exec --memory 64 --timeout 1 program exec", "exec --memory 64 --timeout 1 -- program exec")]
    [InlineData("exec --env -x=y program", "exec --env -x=y -- program")]
    [InlineData("exec --Kvm:Device=/x --vcpus 2 program", "--Kvm:Device=/x exec --vcpus 2 -- program")]
    [InlineData("exec --Kvm:Device /x program --Kvm:Device=/y", "--Kvm:Device=/x exec -- program --Kvm:Device=/y")]
    [InlineData("exec --env --A:B=c program", "exec --env --A:B=c -- program")]
    [InlineData("doctor --json --Kvm:Device /x", "--Kvm:Device=/x doctor --json")]
    [InlineData("compare --Kvm:Device=/x a b", "--Kvm:Device=/x compare a b")]
    [InlineData("run hello --Kvm:Device /x", "--Kvm:Device=/x run hello")]
    [InlineData("exec -w /a -e A=b -v a:/b:ro -m 64m --cpus 2 program -x", "exec -w /a -e A=b -v a:/b:ro -m 64m --cpus 2 -- program -x")]
    [InlineData("exec -w/a=b -eA=b -m=64m program -eA", "exec -w /a=b -e A=b -m=64m -- program -eA")]
    [InlineData("exec --Kvm:Device=/x -m64m --Kvm:Device=/y program", "--Kvm:Device=/x --Kvm:Device=/y exec -m 64m -- program")]
    public void SeparateProgram_Exec_MarksWhereTheProgramBegins(string words, string expected) => Assert.Equal(expected, Separate(words));

    [Theory]
    [InlineData("")]
    [InlineData("--scenario hello")]
    [InlineData("doctor --json")]
    [InlineData("--quiet exec program")]
    [InlineData("exec")]
    [InlineData("exec -- program -x")]
    [InlineData("exec --vcpus 2 -- program")]
    [InlineData("exec --vcpus 2")]
    [InlineData("exec --map")]
    [InlineData("exec --help program")]
    [InlineData("exec -h")]
    [InlineData("exec --version")]
    [InlineData("exec --root / -V program")]
    [InlineData("exec --vcpus 2 -?")]
    public void SeparateProgram_NothingToSeparate_StaysAsItIs(string words) => Assert.Equal(words, Separate(words));

    [Theory]
    [InlineData("exec --frob=1 program", "--frob")]
    [InlineData("exec --vcpus 2 -x program", "-x")]
    [InlineData("exec --quiet program", "--quiet")]
    [InlineData("exec - program", "-")]
    public void SeparateProgram_UnknownOption_SaysWhereTheProgramsOwnGo(string words, string option) => Assert.Equal(
        [$"exec: {option}: unknown; the program's own options come after its name"],
        Assert.Throws<ConfigurationException>(() => Separate(words)).Problems);

    [Theory]
    [InlineData("exec --mapp a:/b program", "exec: --mapp: unknown; did you mean --map? The program's own options come after its name")]
    [InlineData("exec --rm program", "exec: --rm: not needed, nothing of a VM remains; leave it out")]
    [InlineData("exec -it program", "exec: -it: not needed, the program has this process's standard streams, a terminal among them; leave it out")]
    [InlineData("exec -itd program", "exec: -itd: exec ends when the program does; put & behind it in a shell")]
    [InlineData("exec --user=1000 program", "exec: --user: not needed, the program is root in its VM and changes host files as the user who starts it; leave it out")]
    [InlineData("exec -p 80:80 program", "exec: -p: there is no network in the VM; leave it out")]
    public void SeparateProgram_OptionOfOthers_SaysWhatToDo(string words, string problem) =>
        Assert.Equal([problem], Assert.Throws<ConfigurationException>(() => Separate(words)).Problems);

    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    [InlineData("list --version")]
    [InlineData("check --version")]
    [InlineData("compare -V")]
    [InlineData("run hello --version")]
    [InlineData("exec --version")]
    [InlineData("exec --root / --version program")]
    public void Parse_Version_IsToldWhateverStandsBesideIt(string words)
    {
        var parsed = CommandLineParser.Parse(Split(words));

        Assert.Empty(parsed.Errors);
        Assert.IsType<VersionAction>(parsed.Action);
    }

    [Fact]
    public void Parse_VersionBehindTheProgram_IsTheProgramsOwn() =>
        Assert.IsNotType<VersionAction>(CommandLineParser.Parse(Split("exec program --version")).Action);

    [Theory]
    [InlineData("")]
    [InlineData("run")]
    [InlineData("run hello --quiet --json a")]
    [InlineData("run --scenario hello --step 2")]
    [InlineData("run my.json --Scenario:Vms:0:Vcpus=2 --output files=x")]
    [InlineData("exec -v a:/b:ro --env-file f -e A -m 1g --cpus 2 -w /b -- program")]
    [InlineData("completion zsh")]
    [InlineData("--scenario hello --quiet --trace --dump-registers --step 0 --json a --report b --timeline c --sandbox log")]
    [InlineData("--Scenario:Vms:0:Vcpus=2 --Kvm:Device /dev/kvm")]
    [InlineData("list")]
    [InlineData("list --Kvm:Device=/x")]
    [InlineData("doctor --Kvm:Device=/x --json")]
    [InlineData("doctor --json")]
    [InlineData("exec --cpu-budget 0.5 --console raw -- program")]
    [InlineData("--scenario hello --console safe")]
    [InlineData("exec --map a:/b --map c:/d:rw --env A=b --vcpus 2 --memory 64 --timeout 0.5 --sandbox off -- program -x --json")]
    public void Create_Words_AreUnderstood(string words) => Assert.Empty(Errors(words));

    [Theory]
    [InlineData("--step -1", "--step: '-1' is no whole number from 0 upwards")]
    [InlineData("--json", "--json")]
    [InlineData("exec --vcpus two -- program", "two")]
    [InlineData("exec --console rare -- program", "rare")]
    [InlineData("--console", "--console")]
    [InlineData("exec --map", "--map")]
    [InlineData("--sandbox half", "half")]
    [InlineData("exec --sandbox 1 -- program", "1")]
    [InlineData("exec --cpus 1.5 -- program", "--cpus: '1.5' is no whole number")]
    [InlineData("exec -m 1.3k -- program", "-m: '1.3k' is no whole number of MiB, nor one with a unit, as 512m or 2g")]
    [InlineData("completion tcsh", "completion: 'tcsh' is unknown; use one of bash, fish, zsh")]
    [InlineData("run --quite hello", "run: --quite: unknown; did you mean --quiet? See --help for commands and options")]
    [InlineData("check --frob", "check: --frob: unknown; see --help for commands and options")]
    public void Create_WrongWords_AreNamed(string words, string named) =>
        Assert.Contains(Errors(words), error => error.Contains(named, StringComparison.Ordinal));

    [Theory]
    [InlineData("--json f exec program", "--json: stands before exec, which is another command; the options of exec come after its name")]
    [InlineData("--quiet list", "--quiet: stands before list, which is another command; the options of list come after its name")]
    [InlineData("--scenario hello doctor --json", "--scenario: stands before doctor, which is another command; the options of doctor come after its name")]
    [InlineData("run --trace=garbage hello", "run: --trace=garbage: --trace takes no value")]
    [InlineData("--quiet run hello", "--quiet: stands before run, which is another command; the options of run come after its name")]
    [InlineData("--step 1 check hello", "--step: stands before check, which is another command; the options of check come after its name")]
    public void Parse_OptionOfARunWhereOrAsItDoesNotBelong_IsRefused(string words, string problem) =>
        Assert.Equal([problem], Assert.Throws<ConfigurationException>(() => CommandLineParser.Parse(Split(words))).Problems);

    [Theory]
    [InlineData("--help exec")]
    [InlineData("--scenario hello")]
    [InlineData("check hello --Scenario:Vms:0:Instances=2")]
    public void Parse_OptionsWhereTheyBelong_AreTaken(string words) => Assert.Empty(CommandLineParser.Parse(Split(words)).Errors);

    [Fact]
    public void Create_ExecWithoutAProgram_IsRefused() => Assert.NotEmpty(Errors("exec --vcpus 2"));

    [Theory]
    [InlineData("few")]
    [InlineData("-1")]
    [InlineData("1.5")]
    public void Create_StepThatIsNoNumber_IsNamed(string number) =>
        Assert.Contains(CommandLineParser.Create().Parse(["--step", number]).Errors, error => error.Message.Contains("--step", StringComparison.Ordinal));

    [Theory]
    [InlineData("--Kvm:Device=/x --quiet", "--Kvm:Device=/x")]
    [InlineData("doctor --Kvm:Device /x", "--Kvm:Device=/x")]
    [InlineData("exec --Kvm:Device=/x --Sandbox:Mode=off program --Kvm:Device=/y", "--Kvm:Device=/x --Sandbox:Mode=off")]
    [InlineData("check --Scenario:Name=n orw --Kvm:Device=/x", "--Scenario:Name=n --Kvm:Device=/x")]
    public void Read_Settings_AreFoundBeforeAndBehindTheCommand(string words, string expected) =>
        Assert.Equal(expected, string.Join(' ', SettingWords.Read(CommandLineParser.Parse(Split(words)), hasScenario: true)));

    [Theory]
    [InlineData("doctor x", "doctor: x: unknown; see --help for commands and options")]
    [InlineData("--frob", "--frob: unknown; see --help for commands and options")]
    [InlineData("--frob=a:b", "--frob=a:b: unknown; see --help for commands and options")]
    [InlineData("lsit", "lsit: unknown; did you mean list? See --help for commands and options")]
    [InlineData("hello", "hello: unknown; did you mean run hello? See --help for commands and options")]
    [InlineData("--josn=x", "--josn=x: unknown; did you mean --json? See --help for commands and options")]
    [InlineData("run hello x", "run: x: unknown; see --help for commands and options")]
    [InlineData("doctor --jsn", "doctor: --jsn: unknown; did you mean --json? See --help for commands and options")]
    [InlineData("doctor --Kvm:Device", "--Kvm:Device: a value is missing")]
    [InlineData("doctor --scenario:Name=x", "--Scenario:Name=x: doctor takes no scenario")]
    public void Read_NoSetting_IsNamed(string words, string expected) => Assert.Equal(
        [expected], Assert.Throws<ConfigurationException>(() => SettingWords.Read(CommandLineParser.Parse(Split(words)))).Problems);

    private static string Separate(string words) => string.Join(' ', ExecCommandLine.SeparateProgram(Split(words)));

    private static IEnumerable<string> Errors(string words) => CommandLineParser.Create().Parse(Split(words)).Errors.Select(error => error.Message);

    private static string[] Split(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
