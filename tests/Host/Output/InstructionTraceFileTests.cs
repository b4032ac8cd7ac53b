using System.Globalization;
using System.IO.Compression;
using KvmActors.Host.Configuration;
using KvmActors.Host.Output;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Tests.Output;

public sealed class InstructionTraceFileTests : IDisposable
{
    private const string Header = "# vm\tvcpu\tcount\trip\tinstruction\tchanged registers";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.gz")]
    [InlineData("a.txt")]
    [InlineData("a.br")]
    public void Finish_AFewInstructions_AreLinesOfACompressedText(string name)
    {
        using (var file = InstructionTraceFile.Open(_folder[name])!)
        {
            var trace = file.Begin("reader-0", 1);
            trace.Executed(new ExecutedInstruction(7, 0x401000, 64), [0x48, 0x89, 0xD8], [new("rax", 0x10), new("xmm0", UInt128.MaxValue)]);
            trace.Executed(new ExecutedInstruction(8, 0x100, 16), [0xB8, 0x34, 0x12], []);
            trace.Interrupted(new TakenInterrupt(8, 14, 0x103, 0x8000));
            Assert.Null(file.Finish());
        }

        Assert.Equal(
            [
                Header,
                "reader-0\t1\t7\t0x401000\tmov rax, rbx\trax=0x10 xmm0=0xffffffffffffffffffffffffffffffff",
                "reader-0\t1\t8\t0x100\tmov ax, 0x1234\t",
                "reader-0\t1\t8\t0x103\t(exception 14, to 0x8000)\t",
            ],
            Read(name));
    }

    [Fact]
    public void Finish_ManyInstructionsOfSeveralThreads_AreAllThereAndWhole()
    {
        const int Each = 30_000;
        using (var file = InstructionTraceFile.Open(_folder["a.gz"])!)
        {
            var threads = Enumerable.Range(0, 3).Select(index => new Thread(() =>
            {
                var trace = file.Begin($"vm-{index}", 0);
                for (var count = 1UL; count <= Each; count++)
                {
                    trace.Executed(new ExecutedInstruction(count, count % 5000, 64), [0x90], [new("rax", count)]);
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            Assert.Null(file.Finish());
        }

        var lines = Read("a.gz");
        Assert.Equal(1 + (3 * Each), lines.Length);
        foreach (var index in Enumerable.Range(0, 3))
        {
            var own = lines.Where(line => line.StartsWith($"vm-{index}\t", StringComparison.Ordinal)).Select(line => line.Split('\t')[2]);
            Assert.Equal(Enumerable.Range(1, Each).Select(count => count.ToString(CultureInfo.InvariantCulture)), own);
        }
    }

    [Fact]
    public void Finish_DiskFull_IsOneLineAndNobodyWaits()
    {
        using var file = InstructionTraceFile.Open("/dev/full")!;
        var trace = file.Begin("vm", 0);
        for (var count = 1UL; count <= 200_000; count++)
        {
            trace.Executed(new ExecutedInstruction(count, count * 0x9E37_79B9_7F4A_7C15, 64), [0x90], [new("rax", count * 0x9E37_79B9_7F4A_7C15)]);
        }

        var problem = file.Finish();

        Assert.StartsWith("--trace-instructions /dev/full: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem!);
    }

    [Fact]
    public void Dispose_WithoutFinish_LeavesNothing()
    {
        InstructionTraceFile.Open(_folder["a.gz"])!.Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Open_PlaceThatIsNone_IsRefusedByName()
    {
        var error = Assert.Throws<ConfigurationException>(() => InstructionTraceFile.Open(_folder["no/such/file.gz"]));

        Assert.StartsWith($"--trace-instructions {_folder["no/such/file.gz"]}: ", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NotAskedFor_IsNothing() => Assert.Null(InstructionTraceFile.Open(null));

    private string[] Read(string name)
    {
        using var file = File.OpenRead(_folder[name]);
        using Stream plain = name.EndsWith(".br", StringComparison.Ordinal)
            ? new BrotliStream(file, CompressionMode.Decompress)
            : new GZipStream(file, CompressionMode.Decompress);
        using var text = new StreamReader(plain);
        return text.ReadToEnd().TrimEnd('\n').Split('\n');
    }
}
