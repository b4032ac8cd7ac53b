using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;

namespace KvmActors.Software.Tests.Support;

/// <summary>A whole guest, run from its boot to its end, each vCPU on a thread of its own.</summary>
internal sealed class GuestRun
{
    private GuestRun(IReadOnlyList<VcpuEnd> ends, RecordingOutput output) => (Ends, Output) = (ends, output);

    /// <summary>How its vCPUs ended.</summary>
    public IReadOnlyList<VcpuEnd> Ends { get; }

    /// <summary>What it wrote.</summary>
    public RecordingOutput Output { get; }

    /// <summary>What it wrote to its standard output and its console.</summary>
    public string Text => Output.Text();

    /// <summary>Runs a guest.</summary>
    /// <param name="hypervisor">What runs it.</param>
    /// <param name="spec">The guest.</param>
    /// <param name="files">What it may see of the host's files.</param>
    /// <param name="look">Looks at the machine when all vCPUs have ended.</param>
    public static GuestRun Of(
        IHypervisor hypervisor, MachineSpec spec, IReadOnlyList<FileMapping>? files = null, Action<VirtualMachine, IVcpu[]>? look = null)
    {
        var plan = BootPlans.For(spec);
        Assert.Null(plan.FindProblem());
        using var vm = VirtualMachine.Create(hypervisor, plan);
        using var stop = new VmStopSignal();
        var output = new RecordingOutput();
        var console = new GuestConsole("vm", output, 1 << 30);
        var queue = new ThreadQueue();
        var gate = new SyscallGate(queue);
        queue.Gate = gate;
        gate.Open(SyscallService.OpenFor(vm.Memory, files ?? [], new FileLimits(), new GuestInput(spec.Input), console));
        var vcpus = new IVcpu[spec.Vcpus];
        var ends = new VcpuEnd[spec.Vcpus];
        var failures = new List<Exception>();
        for (var index = 0; index < spec.Vcpus; index++)
        {
            vcpus[index] = vm.CreateVcpu(index);
            stop.Attach(vcpus[index]);
        }

        var threads = Enumerable.Range(0, spec.Vcpus).Select(index => new Thread(() =>
        {
            try
            {
                var options = new VcpuSessionOptions { Hypercalls = context => new HypercallHandler(context, gate) };
                ends[index] = new VcpuSession(vm, vcpus[index], console, stop, options).Run();
            }
            catch (Exception e)
            {
                lock (failures)
                {
                    failures.Add(e);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread =>
        {
            if (!thread.Join(TimeSpan.FromSeconds(60)))
            {
                stop.Request();
                thread.Join();
                failures.Add(new TimeoutException("It did not end."));
            }
        });
        gate.Close();
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }

        look?.Invoke(vm, vcpus);
        foreach (var vcpu in vcpus)
        {
            vcpu.Dispose();
        }

        return new GuestRun(ends, output);
    }

    // A call that finds the gate taken waits until it is free.
    private sealed class ThreadQueue : ISyscallQueue
    {
        private readonly Lock _lock = new();
        private readonly Queue<GateTurn> _waiting = new();

        public SyscallGate? Gate { get; set; }

        public void Enqueue(GateTurn turn)
        {
            lock (_lock)
            {
                _waiting.Enqueue(turn);
                LetIn();
            }
        }

        public void GateFreed()
        {
            lock (_lock)
            {
                LetIn();
            }
        }

        private void LetIn()
        {
            if (_waiting.TryPeek(out var first) && Gate!.TryLetIn(first))
            {
                _waiting.Dequeue();
            }
        }
    }
}
