using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vcpu;

/// <summary>
/// What binds a vCPU's thread binds the threads it makes as well, so it must make none, nor have work for the thread pool, which
/// grows on the thread that brings it.
/// </summary>
public sealed partial class VcpuThreadTests : VmTestKit
{
    private const int Vcpus = 4;

    [VmFact]
    public void RunScenario_VcpusThatContendForTheGate_MakeNoThreadAndNoWorkForThePool()
    {
        var observer = new Marker();
        Console.OnWrite = _ => TestTime.Spin(20_000);
        var code = new Code64().Mov(rbx, 100UL).Mov(rdx, (ulong)HypercallPort.Write).Label(out var again)
            .Mov(rax, 0x800UL).OutDxEax().LoopTo(again).Hlt()
            .DataAt(0x800, MemoryMarshal.AsBytes<ulong>([1, 0x900, 1])).DataAt(0x900, "x"u8);
        var spec = Vms.Long64(code).On(machine => machine with { Vcpus = Vcpus }) with { Instances = 4 };

        // The mark is a call that confined threads may not make.
        var services = Services with { Sandbox = SandboxMode.Off, Observer = observer, Recording = new RecordingOptions(TimelineExits: 1000) };
        var scenario = Sys.ActorOf(KvmActorSystem.ScenarioProps(services));
        using var listener = new PoolListener();
        listener.Begin();

        var result = RunScenario(scenario, 2, spec);

        Assert.All(result.Vms, vm => Assert.Equal(VmOutcome.Halted, vm.Outcome));

        // vCPUs that take turns never meet at the gate.
        Assert.True(TestBackend.IsSoftware || result.Recording!.Timelines.Any(vm => vm.Recording.Operations.Count > 0));
        Assert.InRange(observer.Threads.Count, Vcpus, int.MaxValue);
        Assert.Empty(observer.Threads.Keys.Intersect(listener.Threads));

        // KVM's own thread, which the first KVM_RUN of a VM makes, goes a moment after its VM.
        AwaitAssert(() => Assert.DoesNotContain("kvm-nx-lpage-re", MarkedThreads()), Patience);

        // The runtime has methods compiled again on a thread that whoever calls one may have to make: docs/design.md.
        Assert.DoesNotContain(MarkedThreads(), name => !name.StartsWith("vcpu-", StringComparison.Ordinal) && name != ".NET Tiered Com");
    }

    // Threads inherit the mark from the one that makes them, and can't get rid of it.
    private static List<string> MarkedThreads()
    {
        var names = new List<string>();
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                if (File.ReadAllText(task + "/status").Contains("NoNewPrivs:\t1", StringComparison.Ordinal))
                {
                    names.Add(File.ReadAllText(task + "/comm").Trim());
                }
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return names;
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();

    /// <summary>Marks each vCPU's thread at its first exit.</summary>
    private sealed partial class Marker : IVcpuObserver
    {
        private const int PR_SET_NO_NEW_PRIVS = 38;

        [ThreadStatic]
        private static bool _isMarked;

        public ConcurrentDictionary<long, bool> Threads { get; } = new();

        public int Steps => 0;

        public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory)
        {
            if (!_isMarked)
            {
                Assert.Equal(0, Control(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
                _isMarked = true;
                Threads.TryAdd(ThreadId(), true);
            }
        }

        [LibraryImport("libc", EntryPoint = "prctl")]
        private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);
    }

    /// <summary>Hears of all work for the thread pool, on the thread that brings it.</summary>
    private sealed class PoolListener : EventListener
    {
        // ThreadPool and ThreadTransfer of .NET's FrameworkEventSource.
        private const EventKeywords Keywords = (EventKeywords)0x12;

        private readonly ConcurrentDictionary<long, bool> _threads = new();

        /// <summary>The threads that work came from, those of the test included.</summary>
        public IReadOnlyCollection<long> Threads => [.. _threads.Keys];

        /// <summary>The pool notices only with its next work that somebody listens.</summary>
        public void Begin() => Assert.True(SpinWait.SpinUntil(
            () => ThreadPool.UnsafeQueueUserWorkItem(_ => { }, null) && !_threads.IsEmpty, Patience));

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Diagnostics.Eventing.FrameworkEventSource")
            {
                EnableEvents(eventSource, EventLevel.Verbose, Keywords);
            }
        }

        // Of the base class's constructor, too, before there are fields.
        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "ThreadPoolEnqueueWork")
            {
                _threads?.TryAdd(ThreadId(), true);
            }
        }
    }
}
