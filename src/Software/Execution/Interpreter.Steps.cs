using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>Executing one instruction at a time, where somebody looks at each: the guest's debugger, the host's, or the host has answered.</summary>
internal sealed partial class Interpreter
{
    // An instruction that the host stopped before, and which it has seen: it is executed now.
    private ulong? _seen;

    private void Step()
    {
        if (cpu.TakeStepAfter() == true)
        {
            // SYSRET set TF.
            cpu.Dr6 |= Cpu.StepStatus;
            Deliver(Vector.Debug, 0, InterruptKind.Trap);
            return;
        }

        var linear = cpu.CodeAddress;
        var isResumed = cpu.TakeResume();
        if (!cpu.HasAnswers)
        {
            if (IsBreakpoint(linear))
            {
                StopForHost(linear);
                return;
            }

            var hits = isResumed ? 0 : cpu.CodeBreakpointsAt(linear);
            if (hits != 0)
            {
                cpu.Dr6 = (cpu.Dr6 & ~0xFUL) | hits;
                Deliver(Vector.Debug, 0, InterruptKind.Fault);
                return;
            }
        }

        var traps = cpu.Trap;
        cpu.BeginAgain();
        if (blocks.Find() is not { } block)
        {
            cpu.Ask(new HostRequest(HostRequestKind.CannotFetch));
            return;
        }

        if (_debug.Int3 && block.Ops[0].Code == Iced.Intel.Code.Int3)
        {
            cpu.Ask(new HostRequest(HostRequestKind.Debug, linear, Count: Vector.Breakpoint, Data: Cpu.InitialDr6));
            return;
        }

        cpu.ShadowsDebug = false;
        _recorder?.Begin();
        Execute(block, 1);
        _recorder?.End(block);
        ForgetSeen(block.Ops[0]);
        cpu.EndInstruction();
        var pending = cpu.TakePendingDebug();
        traps = cpu.TakeStepAfter() ?? traps;
        if ((traps || pending != 0) && !cpu.ShadowsDebug)
        {
            cpu.Dr6 = (cpu.Dr6 & ~0xFUL) | pending | (traps ? Cpu.StepStatus : 0);
            Deliver(Vector.Debug, 0, InterruptKind.Trap);
        }

        if (_debug.SingleStep && cpu.Request.Kind == HostRequestKind.None)
        {
            cpu.Ask(new HostRequest(HostRequestKind.Debug, cpu.CodeAddress, Count: Vector.Debug, Data: Cpu.InitialDr6 | Cpu.StepStatus));
        }
    }
}
