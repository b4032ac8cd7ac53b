using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Vm;

/// <content>vCPUs that the guest starts while it runs, one for each thread of its program but the first.</content>
public sealed partial class VmActor
{
    // Its caller, a vCPU's thread, waits only as long as the vCPU has to be made.
    private void Bring(int index)
    {
        var instance = _instance!;
        if (_slot!.FindStarted(index) is { } actor)
        {
            instance.Awaited.Add(actor);
            actor.Tell(instance.Run!);
            return;
        }

        try
        {
            actor = _slot.CreateStarted(Context, index, _services);
            instance.Awaited.Add(actor);
            actor.Tell(new CreateVcpu(Template: null));
        }
        catch (Exception e) when (e is SystemCallException or InvalidActorNameException)
        {
            // The latter while the actor of one that could not be had is still on its way out.
            Log.Warning("{0}: vCPU {1} cannot be had: {2}", instance.Id, index, e.Message);
            _slot.Vm.Vcpus.Fail(index);
        }
    }

    // The guest is told, and may do without.
    private void RefuseVcpu(VcpuFailed failed)
    {
        Log.Warning("{0}: vCPU {1} cannot be had: {2}", _instance!.Id, failed.Index, failed.Message);
        _instance.Awaited.Remove(Sender);
        _slot!.Forget(Context, failed.Index);
        _slot.Vm.Vcpus.Fail(failed.Index);
        FinishWhenAllEnded();
    }
}
