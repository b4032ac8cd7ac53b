using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Stepping;

/// <summary>What is told of a vCPU that is stepped.</summary>
internal interface IStepWatcher
{
    /// <summary>How many instructions to step through, from the first.</summary>
    int Steps { get; }

    /// <summary>Whether KVM steps in ring 3.</summary>
    bool StepsRing3 { get; }

    /// <summary>An instruction is about to be executed: the one at RIP.</summary>
    void Stepping();

    /// <summary>What comes until the next exit is executed without.</summary>
    void NotStepping(StepGap gap);
}

/// <summary>
/// A vCPU whose first instructions are executed one at a time. Its exits are those it has without: the steps' own are not among
/// them.
/// </summary>
/// <param name="inner">The vCPU.</param>
/// <param name="memory">Its memory.</param>
/// <param name="stop">What ends it.</param>
/// <param name="watcher">Who is told of each instruction, on the vCPU's thread.</param>
internal sealed class SteppedVcpu(IVcpu inner, GuestMemory memory, VmStopSignal stop, IStepWatcher watcher) : VcpuDecorator(inner)
{
    private const ulong TrapFlag = 1 << 8;

    private readonly InstructionStepper _stepper = new(inner, memory, watcher.StepsRing3);
    private readonly bool _mayMeetTrapFlag = watcher.StepsRing3 && !inner.StepsUnseen;
    private int _left = watcher.Steps;
    private bool _isStepping = true;

    /// <inheritdoc/>
    public override VcpuExit Run()
    {
        while (_left > 0)
        {
            // So that registers and RIP are those of the next instruction.
            var rest = Inner.CompleteInstruction();
            Inner.ClearKick();
            if (rest.Reason is not (VcpuExitReason.Intr or VcpuExitReason.Debug))
            {
                return rest;
            }

            if (stop.IsRequested)
            {
                // With the kick pending, as whoever stops wants it.
                return Inner.CompleteInstruction();
            }

            var gap = _stepper.Look();
            if (gap is { } reason)
            {
                watcher.NotStepping(reason);
            }
            else
            {
                _left--;
                watcher.Stepping();
            }

            var exit = _stepper.Step(gap);
            if (exit.Reason != VcpuExitReason.Debug)
            {
                return exit;
            }
        }

        if (_isStepping)
        {
            _isStepping = false;

            // Where an exception's handler runs without stops, its frame may bring the trap flag back: that must still come here.
            Inner.SetDebug(_mayMeetTrapFlag ? new VcpuDebug { Breakpoint = ulong.MaxValue } : VcpuDebug.None);
        }

        return RunOn();
    }

    private VcpuExit RunOn()
    {
        while (true)
        {
            var exit = Inner.Run();
            if (exit.Reason != VcpuExitReason.Debug || !_mayMeetTrapFlag)
            {
                return exit;
            }

            var registers = Inner.GetRegisters();
            Inner.SetRegisters(registers with { rflags = registers.rflags & ~TrapFlag });
        }
    }
}
