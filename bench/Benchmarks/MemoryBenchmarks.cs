using System.Diagnostics;
using System.Globalization;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Bench.Benchmarks;

/// <summary>The machine's memory that VMs take, what the kernel keeps for them included.</summary>
internal static class MemoryBenchmarks
{
    /// <summary>The word on the command line that measures once and prints the figure; for this program itself.</summary>
    public const string Command = "sample-idle-memory";

    private const string Guest = "halt";
    private const int Vms = 1000;

    public static IEnumerable<Benchmark> Create(BenchContext context)
    {
        yield return new Benchmark("idle-memory", $"the machine's memory for each of {Vms} VMs that have run and are idle", "KiB/VM", () => AskNewProcessAsync(context))
        {
            Bar = new Bar(400),
            WarmUps = 0,
        };
        yield return new Benchmark("dirtied-memory", "the memory that a warm `hello` writes from its first user instruction to its end", "KiB",
            () => Task.FromResult(MeasureDirtied(context)))
        {
            // 100 KB.
            Bar = new Bar(97.7),
            Prepare = () => HostProgram.Build(HostProgram.Release),
        };
    }

    // What a VM has written of its copy-on-write memory is its own; the kernel tells it by mapping.
    private static double MeasureDirtied(BenchContext context)
    {
        var spec = Guests.DescribeProgram("hello", instances: 1);
        using var templates = new VmTemplates(spec.Plan);
        using (var first = new LoopVm(context.Hypervisor, spec, templates.Current, templates))
        {
            first.Run();
        }

        if (templates.Current is not { IsBooted: true } booted)
        {
            throw new MeasurementException("the guest kernel did not say that it has booted");
        }

        using var vm = new LoopVm(context.Hypervisor, spec, booted);
        vm.Run();
        return HostMachine.AnonymousKiB("guest-memory");
    }

    /// <summary>Measures once, in this process.</summary>
    /// <returns>KiB for each VM.</returns>
    public static async Task<double> MeasureAsync(BenchContext context)
    {
        // What is there once, whatever the number of VMs, is none of theirs.
        await ActorRun.RunAsync(context, Guests.Describe(context, Guest, instances: 10), concurrency: 10);
        await SettleAsync();
        using var idle = new IdleObserver(Vms);
        var before = HostMachine.AvailableKiB();
        var running = ActorRun.RunAsync(context, Guests.Describe(context, Guest, Vms), concurrency: Vms, idle);

        // A VM that fails to start would never become idle: then the run ends, and says why.
        await Task.WhenAny(idle.WhenAllIdle, running);
        await SettleAsync();
        var taken = before - HostMachine.AvailableKiB();
        idle.Release();
        await running;
        return (double)taken / Vms;
    }

    // A process that has had as many VMs before has memory left to give them.
    private static async Task<double> AskNewProcessAsync(BenchContext context)
    {
        var bench = Path.Combine(AppContext.BaseDirectory, "KvmActors.Bench");
        using var process = Process.Start(new ProcessStartInfo(bench, [Command, context.Folder]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return double.TryParse(output, CultureInfo.InvariantCulture, out var kib)
            ? kib
            : throw new MeasurementException($"{bench} {Command} ended with {process.ExitCode}");
    }

    // The kernel takes VMs down some time after their last descriptor is closed.
    private static async Task SettleAsync()
    {
        const int MaxRounds = 50, Enough = 256;
        var last = HostMachine.AvailableKiB();
        for (var round = 0; round < MaxRounds; round++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            var now = HostMachine.AvailableKiB();
            if (Math.Abs(now - last) < Enough)
            {
                return;
            }

            last = now;
        }
    }

    /// <summary>Holds every vCPU at its one exit.</summary>
    private sealed class IdleObserver(int vms) : IVcpuObserver, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();
        private readonly TaskCompletionSource _allIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = vms;

        public int Steps => 0;

        public Task WhenAllIdle => _allIdle.Task;

        public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory)
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _allIdle.SetResult();
            }

            _released.Wait();
        }

        public void Release() => _released.Set();

        public void Dispose() => _released.Dispose();
    }
}
