using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>What becomes of faults: the guest's handlers, a double fault, a shutdown.</summary>
internal sealed partial class Interpreter
{
    private void TakeFault(GuestFault fault)
    {
        // Everything before the instruction that faulted has been executed.
        if (_block is { } block)
        {
            cpu.Rip = block.Ops[cpu.Position].Rip;
            cpu.Retired += (ulong)cpu.Position;
            cpu.Position = 0;
            _block = null;
        }

        DropWritten();

        // It has not been executed, whatever it has looked at.
        cpu.HostHit = null;
        if (fault.Vector < 0)
        {
            return;
        }

        cpu.EndInstruction();
        cpu.PendingDebug = 0;
        Deliver(fault.Vector, fault.ErrorCode, InterruptKind.Fault);
    }

    private void DropWritten()
    {
        if (cpu.Code.Written.Count > 0)
        {
            blocks.DropWritten();
        }
    }

    /// <summary>Delivers an exception, and what comes of that (Intel SDM vol. 3A, section 7.15, interrupt 8).</summary>
    private void Deliver(int vector, uint errorCode, InterruptKind kind)
    {
        while (true)
        {
            try
            {
                var from = cpu.Rip;
                cpu.Interrupt(vector, kind, Vector.HasErrorCode(vector) && cpu.IsProtected ? errorCode : null);
                _branches.Add(from, cpu.Rip);
                _recorder?.Interrupted(vector, from);

                // The frame may lie over code, the handler's own too.
                DropWritten();
                return;
            }
            catch (GuestFault second) when (vector != Vector.DoubleFault && second.Vector >= 0)
            {
                var doubles = Vector.IsContributory(vector)
                    ? Vector.IsContributory(second.Vector)
                    : vector == Vector.PageFault && (second.Vector == Vector.PageFault || Vector.IsContributory(second.Vector));
                (vector, errorCode) = doubles ? (Vector.DoubleFault, 0) : (second.Vector, second.ErrorCode);
                kind = InterruptKind.Fault;
            }
            catch (GuestFault)
            {
                cpu.DropRequests();
                cpu.Ask(new HostRequest(HostRequestKind.Shutdown));
                return;
            }
        }
    }
}
