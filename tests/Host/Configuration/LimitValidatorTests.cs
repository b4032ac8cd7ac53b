using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Tests.Configuration;

public class LimitValidatorTests
{
    [Fact]
    public void Read_Nothing_IsTheDefaults()
    {
        var limits = Accept();

        Assert.Equal(new VmLimits(), limits);
        Assert.Equal((64, 1L << 30, 4L << 30), (limits.Files.OpenFiles, limits.Files.BytesWritten, limits.Files.MaxBytesAllocated));
    }

    [Fact]
    public void Read_Everything_IsTaken()
    {
        var limits = Accept(
            "OpenFiles=1", "BytesWritten=2", "BytesAllocated=3", "InodesCreated=4", "FileSize=5", "PipeBytes=6", "ConsoleBytes=7",
            "ConsoleBytesPerSecond=8", "HypercallsPerSecond=9", "Exits=10", "CpuBudget=00:00:11", "MemoryTouchedMiB=12");

        Assert.Equal(new FileLimits { OpenFiles = 1, BytesWritten = 2, BytesAllocated = 3, InodesCreated = 4, FileSize = 5, PipeBytes = 6 }, limits.Files);
        Assert.Equal(new ConsoleLimits { ConsoleBytes = 7, ConsoleBytesPerSecond = 8 }, limits.Console);
        Assert.Equal(new RunLimits { HypercallsPerSecond = 9, Exits = 10, CpuBudget = TimeSpan.FromSeconds(11), MemoryTouchedMiB = 12 }, limits.Run);
    }

    [Theory]
    [InlineData(0, 1L << 20)]
    [InlineData(100_000, 1L << 20)]
    [InlineData(1 << 20, 4L << 20)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData((long.MaxValue / 4) + 1, long.MaxValue)]
    public void Read_NoBytesAllocated_FollowsFromBytesWritten(long written, long allocated) =>
        Assert.Equal(allocated, Accept($"BytesWritten={written}").Files.MaxBytesAllocated);

    [Theory]
    [InlineData("OpenFiles=-1", "L:OpenFiles: -1 is not from 0 to 65536")]
    [InlineData("OpenFiles=65537", "L:OpenFiles: 65537 is not")]
    [InlineData("BytesWritten=-1", "L:BytesWritten: -1 is not from 0")]
    [InlineData("BytesAllocated=-1", "L:BytesAllocated: -1 is not from 0")]
    [InlineData("InodesCreated=-1", "L:InodesCreated: -1 is not from 0")]
    [InlineData("FileSize=-1", "L:FileSize: -1 is not from 0")]
    [InlineData("PipeBytes=-1", "L:PipeBytes: -1 is not from 0")]
    [InlineData("ConsoleBytes=-1", "L:ConsoleBytes: -1 is not from 0")]
    [InlineData("ConsoleBytesPerSecond=0", "L:ConsoleBytesPerSecond: 0 is not from 1 to 1000000000")]
    [InlineData("HypercallsPerSecond=0", "L:HypercallsPerSecond: 0 is not from 1 to 1000000000")]
    [InlineData("Exits=0", "L:Exits: 0 is not from 1")]
    [InlineData("CpuBudget=00:00:00", "L:CpuBudget: 00:00:00 is not from 1 ms to 24 days")]
    [InlineData("CpuBudget=25.00:00:00", "L:CpuBudget: 25.00:00:00 is not from")]
    [InlineData("CpuBudget=-00:00:01", "L:CpuBudget: -00:00:01 is not from")]
    [InlineData("MemoryTouchedMiB=0", "L:MemoryTouchedMiB: 0 is not from 1")]
    public void Read_OutOfRange_NamesTheKey(string setting, string problem)
    {
        var problems = new Problems();
        new LimitValidator(problems).Read("L", Settings.Read<LimitOptions>(setting));

        Assert.StartsWith(problem, Assert.Single(problems.Lines()), StringComparison.Ordinal);
    }

    private static VmLimits Accept(params string[] settings)
    {
        var problems = new Problems();
        var limits = new LimitValidator(problems).Read("L", Settings.Read<LimitOptions>(settings));
        Assert.Empty(problems.Lines());
        return limits;
    }
}
