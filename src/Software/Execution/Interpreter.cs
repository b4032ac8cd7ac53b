using System.Runtime.CompilerServices;
using KvmActors.Software.Decoding;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>Why the interpreter came back.</summary>
internal enum InterpreterStop
{
    /// <summary>The host has to do something: <see cref="Cpu.Request"/>.</summary>
    Request,

    /// <summary>It was kicked.</summary>
    Kicked,

    /// <summary>It executed as many instructions as it was to.</summary>
    Counted,

    /// <summary>The next instruction is the one that it was to stop before.</summary>
    Reached,
}

/// <summary>Executes decoded blocks, one after the other.</summary>
/// <param name="cpu">The processor.</param>
/// <param name="blocks">Its decoded blocks.</param>
internal sealed partial class Interpreter(Cpu cpu, BlockCache blocks)
{
    private volatile bool _kicked;
    private Block? _block;

    /// <summary>Whether it was kicked.</summary>
    public bool IsKicked => _kicked;

    /// <summary>Makes <see cref="Run"/> return soon, from any thread.</summary>
    public void Kick() => _kicked = true;

    /// <summary>Takes note of a kick.</summary>
    public void ClearKick() => _kicked = false;

    /// <summary>Executes instructions.</summary>
    /// <param name="until">How many have to have been executed when it stops by itself: <see cref="Cpu.Retired"/>.</param>
    public InterpreterStop Run(ulong until)
    {
        while (true)
        {
            try
            {
                return RunBlocks(until);
            }
            catch (GuestFault fault)
            {
                TakeFault(fault);
            }
        }
    }

    /// <summary>Executes the instruction whose answers have come, and nothing else.</summary>
    public void FinishInstruction()
    {
        if (!cpu.HasAnswers)
        {
            return;
        }

        try
        {
            Step();
        }
        catch (GuestFault fault)
        {
            TakeFault(fault);
        }
    }

    private InterpreterStop RunBlocks(ulong until)
    {
        while (true)
        {
            if (cpu.Request.Kind != HostRequestKind.None)
            {
                return InterpreterStop.Request;
            }

            if (cpu.HasAnswers)
            {
                Step();
                continue;
            }

            if (_kicked)
            {
                return InterpreterStop.Kicked;
            }

            if (cpu.Retired >= until)
            {
                return InterpreterStop.Counted;
            }

            if (_isWatched || cpu.NeedsSteps)
            {
                if (RunWatched(until))
                {
                    return InterpreterStop.Reached;
                }

                continue;
            }

            if (blocks.Find() is not { } block)
            {
                cpu.Ask(new HostRequest(HostRequestKind.CannotFetch));
                continue;
            }

            Execute(block, (int)Math.Min((ulong)block.Ops.Length, until - cpu.Retired));
        }
    }

    private void Execute(Block block, int count)
    {
        var ops = block.Ops;
        if (!cpu.Is64Bit && block.EndRip - 1 > cpu.Segments[(int)Seg.Cs].Limit)
        {
            CheckLimit(ops[0]);
            count = 1;
        }

        var end = block.EndRip;
        _block = block;
        cpu.Rip = end;
        cpu.Limit = count;
        var position = 0;
        do
        {
            ref readonly var op = ref ops[position];
            cpu.Position = position;
            op.Handler(cpu, in op);
            position++;
        }
        while (position < cpu.Limit);

        _block = null;
        cpu.Position = 0;
        cpu.Retired += (ulong)position;
        if (position < ops.Length)
        {
            cpu.Rip = ops[position].Rip;
        }
        else if (cpu.Rip != end)
        {
            NoteBranch(block);
        }

        if (cpu.HasEffects)
        {
            Settle();
        }
    }

    // A string instruction that goes on has gone nowhere.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteBranch(Block block)
    {
        if (cpu.Rip != block.LastRip || !block.Ops[^1].Has(OpFlags.Rep | OpFlags.Repne))
        {
            _branches.Add(block.LastRip, cpu.Rip);
        }
    }

    // What an instruction left to be done outside of it.
    private void Settle()
    {
        DropWritten();
        if (cpu.HasWrites)
        {
            cpu.EndInstruction();
        }

        if (cpu.HasSerialized)
        {
            cpu.HasSerialized = false;
            if (cpu.Memory.IsShared)
            {
                blocks.NoteOtherWriters();
            }
        }
    }

    private void CheckLimit(in Op op)
    {
        if (op.NextRip - 1 > cpu.Segments[(int)Seg.Cs].Limit)
        {
            throw cpu.GeneralProtection();
        }
    }
}
