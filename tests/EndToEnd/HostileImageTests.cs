using System.Buffers.Binary;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Images that contradict themselves or their VM: one clear line each, and nothing starts.</summary>
public sealed class HostileImageTests
{
    [Theory]
    [InlineData("truncated", "truncated")]
    [InlineData("short", "too short")]
    [InlineData("overlapping", "overlap")]
    [InlineData("overflowing", "wraps around")]
    [InlineData("entry", "entry")]
    [InlineData("tables", "boot structures")]
    [InlineData("outside", "outside")]
    [InlineData("not-elf", "not a 64-bit")]
    public async Task Run_BadElf_IsOneLineAndNothingStarts(string kind, string expected)
    {
        using var scenario = new ScenarioFile($$"""{ "Name": "bad", "Boot": "elf64", "Image": "bad.elf", "MemoryMiB": 4 }""");
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, "bad.elf"), Build(kind));

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        Assert.Equal(2, host.ExitCode);
        var line = Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("Scenario:Vms:0:Image", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Run_GoodElf_Runs()
    {
        using var scenario = new ScenarioFile($$"""{ "Name": "good", "Boot": "elf64", "Image": "good.elf", "MemoryMiB": 4 }""");
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, "good.elf"), Build("good"));

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        Assert.Equal(0, host.ExitCode);
    }

    [Theory]
    [InlineData("0x1F0000", 0x8000, "boot structures")]
    [InlineData("0x3FF000", 0x2000, "outside")]
    [InlineData("0xFFFFFFFFFFFFF000", 0x2000, "wraps around")]
    public async Task Run_FlatImageInTheWay_IsOneLineAndNothingStarts(string loadAddress, int size, string expected)
    {
        using var scenario = new ScenarioFile(
            $$"""{ "Name": "bad", "Boot": "long64", "Image": "bad.bin", "LoadAddress": "{{loadAddress}}", "MemoryMiB": 4 }""");
        await File.WriteAllBytesAsync(Path.Combine(scenario.Folder, "bad.bin"), new byte[size]);

        using var host = await HostProcess.RunAsync("--scenario", scenario.Path);

        Assert.Equal(2, host.ExitCode);
        Assert.Contains(expected, Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    // An ELF64 executable of two segments, the first holding one HLT, with one thing wrong.
    private static byte[] Build(string kind)
    {
        const int Code = 64 + (2 * 56);
        var file = new byte[Code + 1];
        file[Code] = 0xF4;
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), kind == "entry" ? 0x8000UL : 0x1000);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 2);
        WriteSegment(0, Code, 0x1000, fileSize: 1, memorySize: 0x1000);
        ulong second = kind switch
        {
            "overlapping" => 0x1800,
            "overflowing" => 0xFFFF_FFFF_FFFF_F000,
            "tables" => 0x1F_5000,
            "outside" => 0x40_0000,
            _ => 0x4000,
        };
        WriteSegment(1, Code, second, fileSize: 0, memorySize: 0x2000);
        if (kind == "not-elf")
        {
            file[4] = 1;
        }

        return kind switch
        {
            "truncated" => file[..100],
            "short" => file[..40],
            _ => file,
        };

        void WriteSegment(int index, ulong offset, ulong address, ulong fileSize, ulong memorySize)
        {
            var header = file.AsSpan(64 + (index * 56));
            BinaryPrimitives.WriteUInt32LittleEndian(header, 1);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], fileSize);
            BinaryPrimitives.WriteUInt64LittleEndian(header[40..], memorySize);
        }
    }
}
