using KvmActors.Software.Instructions;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Execution;

/// <summary>All instructions there are, by family.</summary>
internal static class InstructionSet
{
    /// <summary>What executes which instruction.</summary>
    public static HandlerTable Table { get; } = Create();

    private static HandlerTable Create()
    {
        var table = new HandlerTable();
        Moves.Register(table);
        StackMoves.Register(table);
        Arithmetic.Register(table);
        Multiplication.Register(table);
        Shifts.Register(table);
        BitTests.Register(table);
        Exchanges.Register(table);
        Instructions.Decimal.Register(table);
        Strings.Register(table);
        Branches.Register(table);
        Control.Register(table);
        PortAccess.Register(table);
        SystemMoves.Register(table);
        Descriptors.Register(table);
        ProcessorState.Register(table);
        ExtendedState.Register(table);
        return table;
    }
}
