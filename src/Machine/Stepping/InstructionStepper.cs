using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Stepping;

/// <summary>
/// Executes a vCPU's instructions one at a time, so that the guest does what it does without. KVM steps by the trap flag
/// (KVM_GUESTDBG_SINGLESTEP), and there the guest would notice: KVM that emulates ring 0 forgets a HLT that was stepped over, and
/// the flag is in what an exception, PUSHF and SYSCALL save. A processor that steps unseen needs none of this. Call on the vCPU's thread.
/// </summary>
/// <param name="vcpu">The vCPU.</param>
/// <param name="memory">Its memory.</param>
/// <param name="stepsRing3">Whether KVM steps in ring 3 (KvmAbility.Ring3SingleStep).</param>
internal sealed class InstructionStepper(IVcpu vcpu, GuestMemory memory, bool stepsRing3)
{
    private const ulong TrapFlag = 1 << 8;
    private const int Ring3 = 3;

    // How far from RSP an exception's frame is looked for: the handler's first instruction may be over already.
    private const int FrameSearchBytes = 512;

    private kvm_regs _registers;
    private kvm_sregs _special;
    private NextInstruction _next;

    /// <summary>
    /// Looks at the instruction that comes next. The last exit's must be complete (<see cref="IVcpu.CompleteInstruction"/>).
    /// </summary>
    /// <returns>Why <see cref="Step"/> will not stop after it; null when it will.</returns>
    public StepGap? Look()
    {
        (_registers, _special) = (vcpu.GetRegisters(), vcpu.GetSpecialRegisters());
        Span<byte> code = stackalloc byte[NextInstruction.MaxBytes];
        code = code[..LinearMemory.Read(memory, _special, CodeMode.LinearRip(_registers, _special), code)];
        _next = NextInstruction.Decode(code, CodeMode.BitsOf(_special));
        if (vcpu.StepsUnseen)
        {
            return null;
        }

        if (!stepsRing3 && (IsInRing3 || GoesToRing3))
        {
            return StepGap.Ring3;
        }

        return (_registers.rflags & TrapFlag) != 0 || TakesTrapFlag() ? StepGap.GuestSteps : null;
    }

    /// <summary>Executes what <see cref="Look"/> has looked at.</summary>
    /// <param name="gap">What it said.</param>
    /// <returns>
    /// <see cref="VcpuExitReason.Debug"/> when the instruction was executed; otherwise the exit, which is this instruction's unless
    /// there was a gap.
    /// </returns>
    public VcpuExit Step(StepGap? gap)
    {
        if (gap is not null || (_next.Kind == InstructionKind.Halt && !vcpu.StepsUnseen))
        {
            vcpu.SetDebug(VcpuDebug.None);
            return vcpu.Run();
        }

        while (true)
        {
            // Each time: a guest's POPF, and some exits, take the flag away.
            vcpu.SetDebug(new VcpuDebug { SingleStep = true });
            var exit = vcpu.Run();
            if (exit.Reason != VcpuExitReason.Debug)
            {
                return exit;
            }

            var now = vcpu.GetRegisters();
            if (_next.Kind != InstructionKind.RepeatedString || now.rip != _registers.rip)
            {
                if (!vcpu.StepsUnseen)
                {
                    HideTrapFlag(now);
                }

                return exit;
            }
        }
    }

    private bool IsInRing3 => CodeMode.IsProtected(_special) && _special.ss.dpl == Ring3;

    private bool GoesToRing3 => _next.Kind switch
    {
        InstructionKind.SystemReturn => true,
        InstructionKind.InterruptReturn or InstructionKind.FarReturn =>
            CodeMode.IsProtected(_special) && TryReadStack(_registers, 1, out var selector) && (selector & Ring3) == Ring3,
        _ => false,
    };

    // POPF and IRET whose image has the flag. Where KVM steps ring 3 an exception's frame may have been left with it, which is ours.
    private bool TakesTrapFlag()
    {
        var word = _next.Kind switch { InstructionKind.PopFlags => 0, InstructionKind.InterruptReturn => 2, _ => -1 };
        if (word < 0 || !TryReadStack(_registers, word, out var flags) || (flags & TrapFlag) == 0)
        {
            return false;
        }

        if (_next.Kind == InstructionKind.InterruptReturn && stepsRing3)
        {
            ClearFlag(_special, CodeMode.LinearStack(_registers, _special) + (ulong)(word * _next.WordBytes));
            return false;
        }

        return true;
    }

    private void HideTrapFlag(in kvm_regs now)
    {
        switch (_next.Kind)
        {
            case InstructionKind.PushFlags:
                ClearFlag(_special, CodeMode.LinearStack(now, _special));
                break;
            case InstructionKind.SystemCall when (now.r11 & TrapFlag) != 0:
                vcpu.SetRegisters(now with { r11 = now.r11 & ~TrapFlag });
                break;
        }

        if (unchecked(now.rip - _registers.rip) - 1 >= NextInstruction.MaxBytes)
        {
            HideInFrame(now);
        }
    }

    // KVM stops behind the handler's first instruction only. An exception's frame: the address of the instruction, CS, RFLAGS (Intel SDM vol. 3A, section 7.14.2).
    private void HideInFrame(in kvm_regs now)
    {
        var special = vcpu.GetSpecialRegisters();
        var size = CodeMode.BitsOf(special) / 8;
        var stack = CodeMode.LinearStack(now, special);
        for (var offset = 0; offset < FrameSearchBytes; offset += size)
        {
            if (LinearMemory.TryReadWord(memory, special, stack + (ulong)offset, size, out var rip)
                && unchecked(rip - _registers.rip) <= NextInstruction.MaxBytes
                && LinearMemory.TryReadWord(memory, special, stack + (ulong)(offset + size), size, out var selector)
                && (ushort)selector == _special.cs.selector)
            {
                ClearFlag(special, stack + (ulong)(offset + (2 * size)));
                return;
            }
        }
    }

    private bool TryReadStack(in kvm_regs registers, int word, out ulong value) => LinearMemory.TryReadWord(
        memory, _special, CodeMode.LinearStack(registers, _special) + (ulong)(word * _next.WordBytes), _next.WordBytes, out value);

    // Of a saved RFLAGS.
    private void ClearFlag(in kvm_sregs special, ulong linear)
    {
        if (LinearMemory.TryReadWord(memory, special, linear, sizeof(ushort), out var flags) && (flags & TrapFlag) != 0)
        {
            LinearMemory.Write(memory, special, linear, BitConverter.GetBytes((ushort)(flags & ~TrapFlag)));
        }
    }
}
