using KvmActors.Actors.Services;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vcpu;

/// <summary>What a vCPU shares with the other parts of its VM, whichever instance runs there.</summary>
/// <param name="Vm">The machine.</param>
/// <param name="Gate">The way to what its program has at the host.</param>
/// <param name="Stop">What ends all its vCPUs.</param>
/// <param name="Services">What VMs need from outside.</param>
/// <param name="Templates">What instances start from; null when each starts cold.</param>
/// <param name="Sandbox">What each vCPU's thread is confined with; null for nothing.</param>
internal sealed record VcpuEnvironment(
    VirtualMachine Vm, SyscallGate Gate, VmStopSignal Stop, VmServices Services, VmTemplates? Templates, ThreadSandbox? Sandbox = null)
{
    /// <summary>Whether a vCPU is there from the beginning; others are started by the guest.</summary>
    public bool IsFromBeginning(int vcpu) => vcpu < Vm.Plan.Spec.VcpusAtStart;
}
