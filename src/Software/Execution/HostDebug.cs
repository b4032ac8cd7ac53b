namespace KvmActors.Software.Execution;

/// <summary>At what the host wants to look.</summary>
/// <param name="SingleStep">After every instruction.</param>
/// <param name="Int3">At every INT3, instead of the guest's handler.</param>
/// <param name="Breakpoint">Before the instruction at this linear address.</param>
internal readonly record struct HostDebug(bool SingleStep, bool Int3, ulong? Breakpoint)
{
    /// <summary>Whether there is anything.</summary>
    public bool IsOn => SingleStep || Int3 || Breakpoint is not null;
}
