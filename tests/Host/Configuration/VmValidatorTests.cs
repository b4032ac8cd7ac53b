using KvmActors.Actors.Specs;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Files;
using KvmActors.Machine.Devices;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests.Configuration;

/// <summary>A VM's own rules; those of its memory are in <see cref="VmValidatorMemoryTests"/>.</summary>
public sealed class VmValidatorTests : IDisposable
{
    private readonly VmSettings _vm = new();

    public void Dispose() => _vm.Dispose();

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("Reader.2_b-c")]
    public void Validate_Name_IsTaken(string name) => Assert.Equal(name, _vm.Accept($"Name={name}").Name);

    [Theory]
    [InlineData("Name")]
    [InlineData("Name=")]
    [InlineData("Name=-a")]
    [InlineData("Name=.a")]
    [InlineData("Name=a b")]
    [InlineData("Name=a/b")]
    [InlineData("Name=ä")]
    public void Validate_NoName_IsRefused(string setting) => _vm.Refuse("Name", "a VM needs a name", [setting]);

    [Theory]
    [InlineData("Instances", "0 is not from 1 to 1000000", "Instances=0")]
    [InlineData("Instances", "1000001 is not", "Instances=1000001")]
    [InlineData("Vcpus", "0 is not from 1 to 4096", "Vcpus=0")]
    [InlineData("Vcpus", "4097 is not", "Vcpus=4097")]
    [InlineData("MemoryMiB", "0 is not from 1", "MemoryMiB=0")]
    [InlineData("MemoryMiB", "-1 is not from 1", "MemoryMiB=-1")]
    [InlineData("MemoryMiB", "1099511627776 is not from 1", "MemoryMiB=1099511627776")]
    [InlineData("Timeout", "00:00:00 is not more than 0 and at most 24 days", "Timeout=00:00:00")]
    [InlineData("Timeout", "at most 24 days", "Timeout=-00:00:01")]
    [InlineData("Timeout", "at most 24 days", "Timeout=24.00:00:01")]
    public void Validate_OutOfRange_IsRefused(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, settings);

    [Theory]
    [InlineData("Instances=1000000")]
    [InlineData("Vcpus=4096", "MemoryMiB=128")]
    [InlineData("Limits:OpenFiles=0", "Limits:BytesWritten=0")]
    [InlineData("Limits:OpenFiles=65536", "Limits:BytesWritten=9223372036854775807")]
    [InlineData("Timeout=00:00:00.001")]
    [InlineData("Timeout=24.00:00:00")]
    public void Validate_AtTheEndsOfARange_IsAccepted(params string[] settings) => _vm.Accept(settings);

    [Fact]
    public void Validate_NothingButWhatIsNeeded_HasTheDefaults()
    {
        var vm = _vm.Accept("MemoryMiB");

        Assert.Equal((1, 1, 16UL << 20), (vm.Instances, vm.Machine.Vcpus, vm.Machine.MemoryBytes));
        Assert.Equal((TimeSpan.FromSeconds(10), VmStart.Cold), (vm.Timeout, vm.Start));
        Assert.Equal((64, 1L << 30), (vm.Limits.Files.OpenFiles, vm.Limits.Files.BytesWritten));
        Assert.Equal((RestartPolicy.Never, ExpectedEnd.Well), (vm.Restart, vm.Expected));
        Assert.Equal(MemoryAdvice.None, vm.Machine.MemoryAdvice);
        Assert.False(vm.InheritsInput);
        Assert.Empty(vm.Files);
        Assert.Empty(vm.ReadBack);
        Assert.Empty(vm.Machine.Devices);
        Assert.Empty(vm.Machine.Registers.Values);
    }

    [Fact]
    public void Validate_WhatIsGiven_ReachesTheVm()
    {
        _vm.Folder.AddFile("input.txt", "typed");

        var vm = _vm.Accept(
            "Instances=3", "Vcpus=2", "Timeout=00:01:00", "Args:0=prog", "Args:1=", "Env:HOME=/root", "Env:EMPTY=", "Stdin=input.txt",
            "Files:0:Guest=/data", "Files:0:Host=input.txt", "Limits:OpenFiles=5", "Limits:BytesWritten=6", "Devices:0:Type=Console", "Devices:0:Port=0x217");

        Assert.Equal((3, 2, TimeSpan.FromMinutes(1)), (vm.Instances, vm.Machine.Vcpus, vm.Timeout));
        Assert.Equal(["prog", ""], vm.Machine.Args);
        Assert.Equal(["EMPTY=", "HOME=/root"], vm.Machine.Env.Order(StringComparer.Ordinal));
        Assert.Equal("typed"u8, vm.Machine.Input.Span);
        Assert.Equal([new FileMapping("/data", _vm.Folder["input.txt"], MappingAccess.Read)], vm.Files);
        Assert.Equal(new FileLimits { OpenFiles = 5, BytesWritten = 6 }, vm.Limits.Files);
        Assert.Equal([new ConsoleDeviceSpec(0x217)], vm.Machine.Devices);
    }

    [Fact]
    public void Validate_SeveralThingsWrong_NamesAllOfThem()
    {
        var problems = _vm.Refuse(
            "Name=-", "Instances=0", "Image=none.bin", "Files:1:Guest=x", "Devices:2:Type=Printer", "Registers:RQX=1", "ReadBack:0:Length=1",
            "Stdin=none.txt", "Expect:Outcome=Well", "Start=Hot");

        string[] keys =
        [
            "Name", "Instances", "Image", "Files:0:Guest", "Files:0:Host", "Devices:0:Type", "ReadBack:0:Address", "Stdin", "Registers:RQX",
            "Expect:Outcome", "Start",
        ];
        Assert.Equal(keys.Select(key => $"Vm:{key}"), problems.Select(problem => problem.Split(": ")[0]));
    }

    [Theory]
    [InlineData("missing; use one of Real16, Protected32, Long64, Elf64", "Boot")]
    [InlineData("'elf32' is unknown; use one of Real16", "Boot=elf32")]
    public void Validate_NoBoot_SaysNothingOfWhatDependsOnIt(string problem, string setting) =>
        _vm.Refuse("Boot", problem, [setting, "Image=none.bin", "IdentityMiB=3"]);

    [Theory]
    [InlineData("1", null, VmStart.Cold)]
    [InlineData("2", null, VmStart.Warm)]
    [InlineData("1", "warm", VmStart.Warm)]
    [InlineData("2", "Cold", VmStart.Cold)]
    public void Validate_Start_IsWarmForSeveralInstancesUnlessSaid(string instances, string? start, VmStart expected) =>
        Assert.Equal(expected, _vm.Accept($"Instances={instances}", start is null ? "Start" : $"Start={start}").Start);

    [Fact]
    public void Validate_UnknownStart_IsRefused() => _vm.Refuse("Start", "'Hot' is unknown; use one of Cold, Warm", ["Start=Hot"]);

    [Fact]
    public void Validate_RestartOnFailure_HasDefaultsOfItsOwn()
    {
        Assert.Equal(
            new RestartPolicy
            {
                Mode = RestartMode.OnFailure,
                MaxRestarts = 3,
                Window = null,
                Backoff = TimeSpan.FromSeconds(0.1),
                MaxBackoff = TimeSpan.FromSeconds(30),
            },
            _vm.Accept("Restart:Policy=OnFailure").Restart);
        Assert.Equal(
            new RestartPolicy { Mode = RestartMode.Always, MaxRestarts = 1_000_000, Window = TimeSpan.FromMinutes(1), Backoff = TimeSpan.FromDays(1), MaxBackoff = TimeSpan.FromDays(1) },
            _vm.Accept("Restart:Policy=always", "Restart:MaxRestarts=1000000", "Restart:Window=00:01:00", "Restart:Backoff=1.00:00:00").Restart);
        Assert.Equal(TimeSpan.FromSeconds(2), _vm.Accept("Restart:Policy=OnFailure", "Restart:MaxBackoff=00:00:02").Restart.MaxBackoff);
        Assert.Equal(TimeSpan.Zero, _vm.Accept("Restart:Policy=OnFailure", "Restart:Backoff=00:00:00").Restart.Backoff);
    }

    [Theory]
    [InlineData("Restart:Policy", "'Sometimes' is unknown; use one of Never, OnFailure, Always", "Restart:Policy=Sometimes")]
    [InlineData("Restart", "mean nothing with the policy Never", "Restart:MaxRestarts=3")]
    [InlineData("Restart", "mean nothing with the policy Never", "Restart:Policy=never", "Restart:Backoff=00:00:01")]
    [InlineData("Restart:MaxRestarts", "0 is not from 1 to 1000000", "Restart:Policy=OnFailure", "Restart:MaxRestarts=0")]
    [InlineData("Restart:MaxRestarts", "1000001 is not", "Restart:Policy=OnFailure", "Restart:MaxRestarts=1000001")]
    [InlineData("Restart:Backoff", "is not from 0 to 1.00:00:00", "Restart:Policy=OnFailure", "Restart:Backoff=-00:00:01")]
    [InlineData("Restart", "mean nothing with the policy Never", "Restart:Window=00:00:01")]
    [InlineData("Restart", "mean nothing with the policy Never", "Restart:MaxBackoff=00:00:01")]
    [InlineData("Restart:Backoff", "is not from 0 to 1.00:00:00", "Restart:Policy=OnFailure", "Restart:Backoff=1.00:00:01")]
    [InlineData("Restart:Window", "00:00:00 is not more than 0", "Restart:Policy=Always", "Restart:Window=00:00:00")]
    [InlineData("Restart:MaxBackoff", "00:00:00.0500000 is not from the Backoff's", "Restart:Policy=OnFailure", "Restart:MaxBackoff=00:00:00.05")]
    [InlineData("Restart:MaxBackoff", "is not from the Backoff's", "Restart:Policy=OnFailure", "Restart:MaxBackoff=1.00:00:01")]
    public void Validate_WrongRestart_IsRefused(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, settings);

    [Theory]
    [InlineData(VmOutcome.Exited, 7, "Expect:ExitCode=7")]
    [InlineData(VmOutcome.Exited, 7, "Expect:Outcome=exited", "Expect:ExitCode=7")]
    [InlineData(VmOutcome.Exited, null, "Expect:Outcome=Exited")]
    [InlineData(VmOutcome.Crashed, null, "Expect:Outcome=Crashed")]
    public void Validate_Expect_IsHowItIsMeantToEnd(VmOutcome outcome, int? exitCode, params string[] settings) =>
        Assert.Equal(new ExpectedEnd(outcome, exitCode), _vm.Accept(settings).Expected);

    [Theory]
    [InlineData("Expect:Outcome", "'Good' is unknown; use one of Exited, Halted", "Expect:Outcome=Good")]
    [InlineData("Expect:ExitCode", "a VM that ended as Halted has none", "Expect:Outcome=Halted", "Expect:ExitCode=0")]
    public void Validate_WrongExpect_IsRefused(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, settings);

    [Fact]
    public void Validate_Registers_AreReadInAnyCase()
    {
        var registers = _vm.Accept("Registers:RAX=0x2A", "Registers:rflags=2").Machine.Registers.Values;

        Assert.Equal([("RAX", 42UL), ("rflags", 2UL)], registers.Select(register => (register.Key, register.Value)));
    }

    [Theory]
    [InlineData("Registers:RQX", "unknown; use one of RAX, RBX", "Registers:RQX=1")]
    [InlineData("Registers:RAX", "'much' is no number", "Registers:RAX=much")]
    [InlineData("ReadBack:0:Address", "missing; say where the bytes are", "ReadBack:0:Length=4")]
    [InlineData("ReadBack:0:Address", "'here' is no number", "ReadBack:0:Address=here", "ReadBack:0:Length=4")]
    [InlineData("ReadBack:0:Length", "0 is not from 1 to 1048576", "ReadBack:0:Address=0")]
    [InlineData("ReadBack:0:Length", "1048577 is not", "ReadBack:0:Address=0", "ReadBack:0:Length=1048577")]
    public void Validate_WrongRegisterOrReadBack_IsRefused(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, settings);

    [Fact]
    public void Validate_ReadBack_IsInOrder() => Assert.Equal(
        [new ReadBackSpec(new GuestPhysAddr(0x400), 4), new ReadBackSpec(new GuestPhysAddr(0), 1 << 20)],
        _vm.Accept("ReadBack:0:Address=0x400", "ReadBack:0:Length=4", "ReadBack:1:Address=0", "ReadBack:1:Length=1048576").ReadBack);

    [Theory]
    [InlineData("Image", "Image=a\0b")]
    [InlineData("Stdin", "Stdin=a\0b")]
    [InlineData("Files:0:Host", "Files:0:Guest=/x", "Files:0:Host=a\0b")]
    [InlineData("Env:A", "Env:A=a\0b")]
    public void Validate_Nul_IsRefused(string key, params string[] settings) => _vm.Refuse(key, "", settings);

    [Fact]
    public void Validate_NameWithLineEnd_IsRefused() => _vm.Refuse("Name", "a VM needs a name", ["Name=vm\n"]);
}
