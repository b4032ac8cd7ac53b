using KvmActors.Bench.Measuring;
using KvmActors.Linux.Files;

namespace KvmActors.Bench.Benchmarks;

/// <summary>A guest reads a file 64 bytes at a time, 5,000 times, each by a hypercall of two exits.</summary>
internal static class FileBenchmarks
{
    private const string Guest = "files", Unit = "ns/read";
    private const int Reads = 5000, ReadBytes = 64;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark("file-read-registers", "a read of 64 bytes / a C hypervisor that reads all registers on each exit", Unit,
            () => Task.FromResult(Measure(context)))
        {
            Reference = () => MeasureReferenceAsync(context, "files-registers"),
            Bar = new Bar(0.9),
            WarmUps = 3,
            Prepare = () => WriteFile(context),
        };
        yield return new Benchmark("file-read", "a read of 64 bytes / a C hypervisor that reads no registers", Unit,
            () => Task.FromResult(Measure(context)))
        {
            Reference = () => MeasureReferenceAsync(context, "files"),
            WarmUps = 3,
            Prepare = () => WriteFile(context),
        };
    }

    private static string FileFolder(BenchContext context) => Path.Combine(context.Folder, "data");

    private static void WriteFile(BenchContext context)
    {
        Directory.CreateDirectory(FileFolder(context));
        File.WriteAllBytes(Path.Combine(FileFolder(context), "file"), new byte[Reads * ReadBytes]);
    }

    private static async Task<double> MeasureReferenceAsync(BenchContext context, string command) =>
        (await context.RunReferenceAsync(command, context.GuestFile(Guest), Path.Combine(FileFolder(context), "file"))).NsPerOperation;

    private static double Measure(BenchContext context)
    {
        var spec = Guests.Describe(context, Guest) with { Files = [new FileMapping("/data", FileFolder(context), MappingAccess.Read)] };
        using var vm = new LoopVm(context.Hypervisor, spec);
        return vm.Run() / Reads;
    }
}
