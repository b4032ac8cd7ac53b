using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;

namespace KvmActors.Machine.Execution;

/// <summary>Tells an observer of one vCPU's steps; of each kind of gap once, as they come again and again.</summary>
internal sealed class StepWatcher(IVcpuObserver observer, string vm, IVcpu vcpu, GuestMemory memory) : IStepWatcher
{
    private readonly HashSet<StepGap> _told = [];

    public int Steps => observer.Steps;

    public bool StepsRing3 => observer.StepsRing3;

    public void Stepping() => observer.Stepping(vm, vcpu, memory);

    public void NotStepping(StepGap gap)
    {
        if (_told.Add(gap))
        {
            observer.NotStepping(vm, vcpu, gap);
        }
    }
}
