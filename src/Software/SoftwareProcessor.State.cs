using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <content>Its registers, and snapshots of all it has.</content>
internal sealed partial class SoftwareProcessor
{
    /// <summary>Exits that one instruction may make before it is given up when state is saved.</summary>
    private const int MaxCompletions = 16;

    /// <inheritdoc/>
    public kvm_regs GetExitRegisters() => GetRegisters();

    /// <inheritdoc/>
    public ulong GetExitCr3() => _cpu.Control3;

    /// <inheritdoc/>
    public void SetRax(ulong value)
    {
        _machine.Exits?.Add(ExitTrace.Direction.Rax, Index, Executed, value);
        _cpu.Regs[Gpr.Rax] = value;
    }

    /// <inheritdoc/>
    public void SetRdx(ulong value)
    {
        _machine.Exits?.Add(ExitTrace.Direction.Rdx, Index, Executed, value);
        _cpu.Regs[Gpr.Rdx] = value;
    }

    /// <inheritdoc/>
    public kvm_regs GetRegisters() => RegisterFile.GetGeneral(_cpu);

    /// <inheritdoc/>
    public void SetRegisters(in kvm_regs registers) => RegisterFile.SetGeneral(_cpu, registers);

    /// <inheritdoc/>
    public kvm_sregs GetSpecialRegisters() => RegisterFile.GetSpecial(_cpu);

    /// <inheritdoc/>
    public void SetSpecialRegisters(in kvm_sregs registers)
    {
        if (!RegisterFile.IsPossible(registers))
        {
            throw new SystemCallException("setting the control registers", Errno.EINVAL, $"vCPU {Index}");
        }

        RegisterFile.SetSpecial(_cpu, registers);
    }

    /// <inheritdoc/>
    public byte[] GetFloatingPoint() => RegisterFile.GetFloatingPoint(_cpu);

    /// <inheritdoc/>
    public VcpuSnapshot SaveState()
    {
        if (!TryFinishInstruction())
        {
            throw new InvalidOperationException($"vCPU {Index} is in the middle of an instruction that does not end.");
        }

        return new SoftwareSnapshot(_cpu.Save());
    }

    /// <inheritdoc/>
    public bool TryRestoreState(VcpuSnapshot snapshot)
    {
        _cpu.DropRequests();
        _blocks.DropWritten();
        _cpu.Restore(((SoftwareSnapshot)snapshot).State);
        _interpreter.ForgetGuest();
        return true;
    }

    private bool TryFinishInstruction()
    {
        for (var count = 0; count < MaxCompletions; count++)
        {
            TakeAnswer();
            if (_cpu.Request.Kind == HostRequestKind.None && !_cpu.HasAnswers)
            {
                return true;
            }

            _interpreter.FinishInstruction();
            Count();
        }

        return false;
    }

    private sealed class SoftwareSnapshot(CpuState state) : VcpuSnapshot
    {
        public CpuState State { get; } = state;
    }
}
