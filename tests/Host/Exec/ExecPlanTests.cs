using KvmActors.Library.Programs;
using KvmActors.Library.Tests.Support;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Exec;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests.Exec;

public sealed class ExecPlanTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _program;

    public ExecPlanTests() => _program = _folder.AddProgram("bin/program");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Create_ProgramAlone_IsOneVmOfTheGuestKernel()
    {
        var scenario = ExecPlan.Create(new ExecArguments(_program, []));

        Assert.Equal(("exec", 1), (scenario.Name, scenario.MaxConcurrency));
        var vm = Assert.Single(scenario.Vms);
        Assert.Equal((1, 1, 256UL << 20), (vm.Instances, vm.Machine.Vcpus, vm.Machine.MemoryBytes));
        Assert.Equal((BootProtocol.Elf64, VmStart.Cold, RestartPolicy.Never), (vm.Machine.Boot, vm.Start, vm.Restart));
        Assert.Equal(TimeSpan.FromDays(24), vm.Timeout);
        Assert.True(vm.InheritsInput);
        Assert.Empty(vm.Machine.Env);
    }

    [Fact]
    public void Create_ProgramAlone_SeesItselfAndNothingElse() =>
        Assert.Equal([new FileMapping(_program, _program, MappingAccess.Read)], Plan().Files);

    [Fact]
    public void Create_Arguments_FollowTheProgram() =>
        Assert.Equal([_program, "--map", "", "a b", "-x"], Plan(arguments: ["--map", "", "a b", "-x"]).Machine.Args);

    [Fact]
    public void Create_RelativeProgram_IsWhereItIsOnTheHost() =>
        Assert.Equal([_program], Plan(program: Path.GetRelativePath(Environment.CurrentDirectory, _program)).Machine.Args);

    [Fact]
    public void Create_ProgramAlone_HasTheLimitsOfAProcess()
    {
        var files = Plan().Limits.Files;

        Assert.All([files.BytesWritten, files.MaxBytesAllocated, files.InodesCreated], limit => Assert.Null(limit));
        Assert.Equal(1024, files.FirstDescriptorLimit);
        Assert.InRange(files.OpenFiles, 64, 4093);
        Assert.Equal(5, Plan(arguments => arguments with { BytesWritten = 5 }).Limits.Files.BytesWritten);
    }

    [Fact]
    public void Create_Options_ReachTheVm()
    {
        var vm = Plan(arguments => arguments with { Vcpus = 3, MemoryMiB = 64, Timeout = "0.25" });

        Assert.Equal((3, 64UL << 20, TimeSpan.FromMilliseconds(250)), (vm.Machine.Vcpus, vm.Machine.MemoryBytes, vm.Timeout));
    }

    [Theory]
    [InlineData("0.001", 0.001)]
    [InlineData("2073600", 2_073_600)]
    [InlineData("250ms", 0.25)]
    [InlineData("2m", 120)]
    [InlineData("00:00:01", 1)]
    public void Create_Timeout_IsADurationAsEverywhere(string timeout, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Plan(arguments => arguments with { Timeout = timeout }).Timeout);

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("1h", 3600)]
    public void Create_CpuBudget_IsADurationAsEverywhere(string budget, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Plan(arguments => arguments with { CpuBudget = budget }).Limits.Run.CpuBudget);

    [Fact]
    public void Create_Environment_IsAsGiven()
    {
        var vm = Plan(arguments => arguments with { Environment = ["A=b=c", "EMPTY=", "TWICE=1", "TWICE=2"] });

        Assert.Equal(["A=b=c", "EMPTY=", "TWICE=2"], vm.Machine.Env);
    }

    [Fact]
    public void Create_Maps_AreReadOnlyUnlessSaid()
    {
        _folder.AddFolder("data");

        var vm = Plan(arguments => arguments with { Maps = [$"{_folder["data"]}:/in/../data", $"{_folder["data"]}:/out:rw", $"{_folder["data"]}:/mine:overlay"] });

        Assert.Equal(
            [
                new FileMapping("/data", _folder["data"], MappingAccess.Read),
                new FileMapping("/out", _folder["data"], MappingAccess.ReadWrite),
                new FileMapping("/mine", _folder["data"], MappingAccess.Overlay),
                new FileMapping(_program, _program, MappingAccess.Read),
            ],
            vm.Files);
    }

    [Fact]
    public void Create_Volumes_AreMapsThatSayWhoWrites()
    {
        _folder.AddFolder("data");

        var vm = Plan(arguments => arguments with { Volumes = [$"{_folder["data"]}:/data:ro", $"{_folder["data"]}:/out:rw", $"{_folder["data"]}:/mine:overlay"] });

        Assert.Equal([MappingAccess.Read, MappingAccess.ReadWrite, MappingAccess.Overlay, MappingAccess.Read], vm.Files.Select(file => file.Access));
    }

    [Fact]
    public void Create_Directory_IsTheGuestsAndWhereItsLinksLead()
    {
        _folder.AddFolder("data/sub");
        _folder.AddLink("data/link", "sub");

        Assert.Equal("/m/n/sub", Plan(arguments => arguments with { Maps = [$"{_folder["data"]}:/m/n"], Directory = "/m/n/link/" }).Directory);
        Assert.Equal("/m", Plan(arguments => arguments with { Maps = [$"{_folder["data"]}:/m/n"], Directory = "/m/n/.." }).Directory);
        Assert.Equal("/", Plan(arguments => arguments with { Directory = "/" }).Directory);
    }

    [Fact]
    public void Create_EnvironmentFilesAndNames_AreAsDockerHasThem()
    {
        File.WriteAllText(_folder["env"], "\uFEFF# comment\n\n  A=1 # no comment\r\nB=\"q\"\nPATH\nNOBODY_SETS_THIS\nC=file");

        var vm = Plan(arguments => arguments with { EnvironmentFiles = [_folder["env"]], Environment = ["C=word", "HOME", "NOBODY_SETS_THIS"] });

        var home = Environment.GetEnvironmentVariable("HOME");
        Assert.Equal(
            ["A=1 # no comment", "B=\"q\"", $"PATH={Environment.GetEnvironmentVariable("PATH")}", "C=word", .. home is null ? Array.Empty<string>() : [$"HOME={home}"]],
            vm.Machine.Env);
    }

    [Theory]
    [InlineData("A B=1")]
    [InlineData("=1")]
    [InlineData("A-B")]
    public void Create_EnvironmentFileWithAWrongLine_IsNamedWithItsNumber(string line)
    {
        File.WriteAllText(_folder["env"], $"X=1\n{line}\n");

        Assert.Equal(
            [$"--env-file: {_folder["env"]}: line 2: '{line}' is not NAME=VALUE, nor the NAME of a variable"],
            Assert.Throws<ConfigurationException>(() => Plan(arguments => arguments with { EnvironmentFiles = [_folder["env"]] })).Problems);
    }

    [Fact]
    public void Create_RelativeMap_IsFromTheCurrentFolder()
    {
        var vm = Plan(arguments => arguments with { Maps = [$"{Path.GetRelativePath(Environment.CurrentDirectory, _folder.Root)}:/data"] });

        Assert.Equal(_folder.Root, vm.Files[0].Host);
    }

    [Fact]
    public void Create_ProgramInAMap_IsNotMappedAgain()
    {
        var vm = Plan(arguments => arguments with { Maps = [$"{_folder["bin"]}:/opt"] }, program: "/opt/program");

        Assert.Equal([new FileMapping("/opt", _folder["bin"], MappingAccess.Read)], vm.Files);
        Assert.Equal(["/opt/program"], vm.Machine.Args);
    }

    public static TheoryData<string, string> WrongOptions => new()
    {
        { "--vcpus: 0 is not from 1 to 4096", "vcpus 0" },
        { "--vcpus: 4097 is not from 1 to 4096", "vcpus 4097" },
        { "--memory: 3 is less than the guest kernel's 4", "memory 3" },
        { "--memory: -1 is less than", "memory -1" },
        { "--memory: 2147483647 is not from 1 to", "memory 2147483647" },
        { "--timeout: '0' is not more than 0 and at most 24 days", "timeout 0" },
        { "--timeout: '-1' is not more", "timeout -1" },
        { "--timeout: 'NaN' is no duration; write a number of seconds, or", "timeout NaN" },
        { "--timeout: '2073601' is not", "timeout 2073601" },
        { "--cpu-budget: '0' is not more than 0 and at most 24 days", "cpu-budget 0" },
        { "--cpu-budget: 'NaN' is no duration", "cpu-budget NaN" },
        { "--cpu-budget: 00:00:00.0001000 is not from 1 ms", "cpu-budget 0.0001" },
        { "--env: 'A/B' is not NAME=VALUE, nor the NAME of a variable", "env A/B" },
        { "--env: '=b' is not NAME=VALUE", "env =b" },
        { "--env: '' is not NAME=VALUE", "env " },
        { "--map: '/etc' is not HOST:GUEST, HOST:GUEST:rw or HOST:GUEST:overlay with an absolute guest path", "map /etc" },
        { "--map: ':/etc' is not", "map :/etc" },
        { "--map: '/etc:etc' is not", "map /etc:etc" },
        { "--map: '/etc:' is not", "map /etc:" },
        { "--map: '/etc:/etc:ro' is not", "map /etc:/etc:ro" },
        { "--map: '/etc:/etc:rw:rw' is not", "map /etc:/etc:rw:rw" },
        { "--map: there is no file or folder /no/such", "map /no/such:/data" },
        { "--volume: '/etc:/etc' does not say who may write: docker's means :rw, --map's :ro; put :ro, :rw or :overlay behind it", "volume /etc:/etc" },
        { "--volume: '/etc' is not HOST:GUEST:ro, HOST:GUEST:rw or HOST:GUEST:overlay with an absolute guest path", "volume /etc" },
        { "--volume: '/etc:/etc:z' is not", "volume /etc:/etc:z" },
        { "--volume: there is no file or folder /no/such", "volume /no/such:/data:rw" },
        { "--workdir: 'bin' is no absolute path; write it as the program sees it, from / on", "workdir bin" },
        { "--workdir: '' is no absolute path", "workdir " },
        { "--workdir: there is no folder /no/such among what the program sees; --map HOST:/no/such shows it one", "workdir /no/such" },
        { "--workdir: there is no folder /dev/null among", "workdir /dev/null" },
        { "--env-file: /no/such: there is no such file", "env-file /no/such" },
        { "--env-file: /: is a folder", "env-file /" },
        { "exec: an argument or variable takes 200006 bytes; each may have 131072", "env LONG=" + new string('x', 200_000) },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Create_WrongOption_IsNamedAsItIsWritten(string problem, string option)
    {
        var value = option[(option.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        var arguments = new ExecArguments(_program, []);
        arguments = option.Split(' ')[0] switch
        {
            "vcpus" => arguments with { Vcpus = int.Parse(value) },
            "memory" => arguments with { MemoryMiB = int.Parse(value) },
            "timeout" => arguments with { Timeout = value },
            "cpu-budget" => arguments with { CpuBudget = value },
            "env" => arguments with { Environment = [value] },
            "env-file" => arguments with { EnvironmentFiles = [value] },
            "volume" => arguments with { Volumes = [value] },
            "workdir" => arguments with { Directory = value },
            _ => arguments with { Maps = [value] },
        };

        var line = Assert.Single(Assert.Throws<ConfigurationException>(() => ExecPlan.Create(arguments)).Problems);

        Assert.StartsWith(problem, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_SeveralOptionsWrong_AreAllNamed()
    {
        var arguments = new ExecArguments("no-such-program", []) { MemoryMiB = 1, Timeout = "0", Environment = ["A B"], Maps = ["x", "y"] };

        var problems = Assert.Throws<ConfigurationException>(() => ExecPlan.Create(arguments)).Problems;

        Assert.Equal(["--env", "--map", "--map", "--memory", "--timeout"], problems.Select(problem => problem.Split(": ")[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Create_ProgramThatIsNowhere_EndsWith127()
    {
        var error = Assert.Throws<ProgramException>(() => ExecPlan.Create(new ExecArguments("/no/such/program", [])));

        Assert.Equal((127, "/no/such/program: not found"), (error.ExitCode, error.Message));
    }

    [Fact]
    public void Create_ProgramThatCannotRun_EndsWith126AndSaysWhy()
    {
        var script = _folder.AddProgram("script", "#!/bin/sh\n"u8.ToArray());

        var error = Assert.Throws<ProgramException>(() => ExecPlan.Create(new ExecArguments(script, [])));

        Assert.Equal(126, error.ExitCode);
        Assert.StartsWith($"{script}: is a script, and its interpreter /bin/sh is not among what it sees: --root /", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Root_IsTheProgramsAndTheHostsStays()
    {
        var vm = Plan(arguments => arguments with { Root = _folder.Root, Environment = ["PATH=/sbin:/bin"] }, program: "program");

        Assert.Equal([new FileMapping("/", _folder.Root, MappingAccess.Overlay)], vm.Files);
        Assert.Equal(["/bin/program"], vm.Machine.Args);
    }

    [Fact]
    public void Create_Root_TheProgramBeginsInThisDirectoryWhereItHasThat()
    {
        Assert.Equal("/", Plan(arguments => arguments with { Root = _folder.Root }, program: "/bin/program").Directory);
        Assert.Equal(Environment.CurrentDirectory, Plan(arguments => arguments with { Root = "/" }).Directory);
        Assert.Equal("/", Plan().Directory);
    }

    [Fact]
    public void Create_RootAndAMapOfTheRoot_AreOneTooMany()
    {
        var arguments = new ExecArguments("/bin/program", []) { Root = _folder.Root, Maps = [$"{_folder.Root}:/:rw"] };

        Assert.StartsWith("--root: --map says what / is, too", Assert.Single(Assert.Throws<ConfigurationException>(() => ExecPlan.Create(arguments)).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/no/such/folder")]
    public void Create_RootThatIsNoFolder_IsAProblem(string root)
    {
        var arguments = new ExecArguments("/bin/program", []) { Root = root };

        Assert.StartsWith("--root: there is no folder", Assert.Single(Assert.Throws<ConfigurationException>(() => ExecPlan.Create(arguments)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_FolderInAMap_EndsWith126()
    {
        var error = Assert.Throws<ProgramException>(
            () => ExecPlan.Create(new ExecArguments("/opt/bin", []) { Maps = [$"{_folder.Root}:/opt"] }));

        Assert.Equal((126, "/opt/bin: is a directory"), (error.ExitCode, error.Message));
    }

    private VmSpec Plan(Func<ExecArguments, ExecArguments>? with = null, string? program = null, IReadOnlyList<string>? arguments = null)
    {
        var plain = new ExecArguments(program ?? _program, arguments ?? []);
        return Assert.Single(ExecPlan.Create(with?.Invoke(plain) ?? plain).Vms);
    }
}
