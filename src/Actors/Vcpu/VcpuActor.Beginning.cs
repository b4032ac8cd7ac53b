using KvmActors.Interop.Libc;
using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vcpu;

/// <content>Where a run begins: at which moment of a template, and with which arguments.</content>
internal sealed partial class VcpuActor
{
    // Null when the VM is not to be put back between calls, and does not begin where others first waited for them.
    private ServingPoint? Begin(IVcpu vcpu, RunVcpu message)
    {
        var (vm, templates, own) = (_environment.Vm, _environment.Templates, message.Own);
        if (!_environment.IsFromBeginning(_index))
        {
            return null;
        }

        ServingPoint? point = null;
        if (vm.Plan.Spec.VcpusAtStart == 1 && templates is not null)
        {
            var isPlain = own is { IsPlain: true, Functions: not null };
            var serving = isPlain ? templates.Serving : null;
            MoveTo(vcpu, serving ?? (_at is { } at && ReferenceEquals(at, templates.Serving) ? templates.Current : null));
            if (own?.Functions is not null && (isPlain || own.IsReset))
            {
                point = new ServingPoint(vm, templates, isPlain, _environment.Gate);
            }

            if (serving is not null)
            {
                point!.BeganAt(serving);
            }
        }

        own?.Functions?.Begin(vm.Vcpus, point is { IsKept: true });
        if (own?.Words is { } words)
        {
            Put(vcpu, words);
        }

        return point;
    }

    // Somebody else's guest stands elsewhere than this one begins. Nothing has run here since.
    private void MoveTo(IVcpu vcpu, VmTemplate? template)
    {
        if (template is null || ReferenceEquals(template, _at))
        {
            return;
        }

        if (!template.TryReset(vcpu))
        {
            throw new SystemCallException("KVM_RUN", Errno.EIO, $"vCPU {_index}, which has to begin elsewhere");
        }

        template.Reset(_environment.Vm);
        _at = template;
    }

    // A kernel of ours that has not booted yet asks for them when it has; nobody else does.
    private void Put(IVcpu vcpu, ProgramWords words)
    {
        var (plan, memory) = (_environment.Vm.Plan, _environment.Vm.Memory);
        if (_at is { IsBooted: true })
        {
            vcpu.SetRax((ulong)HypercallHandler.PutWords(memory, plan, words));
        }
        else if (!plan.Spec.Image.StartsVcpus && plan.TryReplace(memory, _index, words.Args, words.Env, out var stackPointer))
        {
            var registers = vcpu.GetRegisters();
            registers.rsp = stackPointer.Value;
            vcpu.SetRegisters(registers);
        }
    }
}
