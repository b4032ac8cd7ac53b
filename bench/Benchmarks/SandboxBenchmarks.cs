using KvmActors.Bench.Measuring;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Files;

namespace KvmActors.Bench.Benchmarks;

/// <summary>The same work on a thread that is confined, and on one that is not.</summary>
internal static class SandboxBenchmarks
{
    private const string Exits = "exits", Files = "files", Hello = "hello";
    private const int Reads = 5000, ReadBytes = 64, WarmUps = 3;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark("sandbox-exit", "a port exit on a confined thread / on one that is not", "ns/exit",
            () => MeasureExitsAsync(context, SandboxMode.On))
        {
            Reference = () => MeasureExitsAsync(context, SandboxMode.Off),
            Bar = new Bar(1.02),
            WarmUps = WarmUps,
        };
        yield return new Benchmark("sandbox-file-read", "a read of 64 bytes on a confined thread / on one that is not", "ns/read",
            () => MeasureReadsAsync(context, SandboxMode.On))
        {
            Reference = () => MeasureReadsAsync(context, SandboxMode.Off),
            Bar = new Bar(1.02),
            WarmUps = WarmUps,
            Prepare = () => WriteFile(context),
        };
        yield return new Benchmark("sandbox-host-start", "from the start of the host's process to what its guest writes first, --sandbox on / off", "ms",
            () => MeasureStartAsync(context, "on"))
        {
            Reference = () => MeasureStartAsync(context, "off"),
            Bar = new Bar(1.05),
            Prepare = () =>
            {
                WriteFile(context);
                HostProgram.Build(HostProgram.Release);
            },
        };
    }

    private static string FileFolder(BenchContext context) => Path.Combine(context.Folder, "sandboxed");

    private static void WriteFile(BenchContext context)
    {
        Directory.CreateDirectory(FileFolder(context));
        File.WriteAllBytes(Path.Combine(FileFolder(context), "file"), new byte[Reads * ReadBytes]);
    }

    private static Task<double> MeasureExitsAsync(BenchContext context, SandboxMode mode)
    {
        // The guest's file is none that a confined thread can read.
        var spec = Guests.Describe(context, Exits);
        return OnThread(mode, [], sandbox =>
        {
            using var vm = new LoopVm(context.Hypervisor, spec, sandbox: sandbox);
            return vm.Run() / (vm.Exits - 1);
        });
    }

    private static Task<double> MeasureReadsAsync(BenchContext context, SandboxMode mode)
    {
        var mapping = new FileMapping("/data", FileFolder(context), MappingAccess.Read);
        var spec = Guests.Describe(context, Files) with { Files = [mapping] };
        return OnThread(mode, [mapping.Sandboxed], sandbox =>
        {
            using var vm = new LoopVm(context.Hypervisor, spec, sandbox: sandbox);
            return vm.Run() / Reads;
        });
    }

    // With a read-only mapping, so that all parts of the sandbox are needed.
    private static Task<double> MeasureStartAsync(BenchContext context, string mode) => HostProgram.TimeFirstByteAsync(
        HostProgram.Release, HostProgram.WriteScenario(context, Hello, FileFolder(context)), "--sandbox", mode);

    // A confined thread stays so, and so both get one of their own.
    private static Task<double> OnThread(SandboxMode mode, SandboxedPath[] paths, Func<ThreadSandbox, double> measure)
    {
        var sandbox = ThreadSandbox.Prepare(mode, paths);
        double? measured = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                measured = measure(sandbox);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        sandbox.Dispose();
        return measured is { } value ? Task.FromResult(value) : Task.FromException<double>(failure!);
    }
}
