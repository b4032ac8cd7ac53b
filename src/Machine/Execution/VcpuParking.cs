using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Execution;

/// <summary>A vCPU that executes nothing until its guest starts it.</summary>
public static class VcpuParking
{
    /// <summary>Waits for the start, on the vCPU's thread. Its last instruction must be complete.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="vcpus">All of its VM.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>How it ends; null when it was started.</returns>
    public static VcpuEnd? AwaitStart(IVcpu vcpu, VcpuPool vcpus, VmStopSignal stop)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        ArgumentNullException.ThrowIfNull(vcpus);
        while (true)
        {
            if (vcpus.TakeStart(vcpu.Index) is { } start)
            {
                vcpus.Share?.Enter();
                start.ApplyTo(vcpu);
                return null;
            }

            if (!vcpu.Wait(stop, new VcpuWait(Nanoseconds: -1)))
            {
                return new VcpuEnd(VcpuEndKind.Halted);
            }
        }
    }
}
