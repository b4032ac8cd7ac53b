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
    [InlineData("exec --vcpus 2 -?")]
    public void SeparateProgram_NothingToSeparate_StaysAsItIs(string words) => Assert.Equal(words, Separate(words));

    [Theory]
    [InlineData("exec --mapp a:/b program", "--mapp")]
    [InlineData("exec --frob=1 program", "--frob")]
    [InlineData("exec --vcpus 2 -x program", "-x")]
    [InlineData("exec --quiet program", "--quiet")]
    [InlineData("exec - program", "-")]
    public void SeparateProgram_UnknownOption_SaysWhereTheProgramsOwnGo(string words, string option) => Assert.Equal(
        [$"exec: {option}: unknown; the program's own options come after its name"],
        Assert.Throws<ConfigurationException>(() => Separate(words)).Problems);

    [Theory]
    [InlineData("")]
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
    public void Create_WrongWords_AreNamed(string words, string named) =>
        Assert.Contains(Errors(words), error => error.Contains(named, StringComparison.Ordinal));

    [Theory]
    [InlineData("--json f exec program", "--json: stands before exec, which is another command; the options of exec come after its name")]
    [InlineData("--quiet list", "--quiet: stands before list, which is another command; the options of list come after its name")]
    [InlineData("--scenario hello doctor --json", "--scenario: stands before doctor, which is another command; the options of doctor come after its name")]
    [InlineData("--step 1 check hello", "--step: stands before check, which is another command; the options of check come after its name")]
    public void Parse_OptionOfARunBeforeAnotherCommand_IsRefused(string words, string problem) =>
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
    [InlineData("doctor --Kvm:Device", "--Kvm:Device: a value is missing")]
    [InlineData("doctor --scenario:Name=x", "--Scenario:Name=x: doctor takes no scenario")]
    public void Read_NoSetting_IsNamed(string words, string expected) => Assert.Equal(
        [expected], Assert.Throws<ConfigurationException>(() => SettingWords.Read(CommandLineParser.Parse(Split(words)))).Problems);

    private static string Separate(string words) => string.Join(' ', ExecCommandLine.SeparateProgram(Split(words)));

    private static IEnumerable<string> Errors(string words) => CommandLineParser.Create().Parse(Split(words)).Errors.Select(error => error.Message);

    private static string[] Split(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
