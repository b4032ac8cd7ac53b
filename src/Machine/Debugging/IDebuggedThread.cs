namespace KvmActors.Machine.Debugging;

/// <summary>A vCPU of a VM that is debugged, for what serves its guest's calls. Belongs to the vCPU's thread.</summary>
public interface IDebuggedThread
{
    /// <summary>The guest's kernel has a program, and is about to run it.</summary>
    void Begin(IDebuggedProgram program);

    /// <summary>
    /// The vCPU's thread of the program has an exception or a signal. When it next runs it waits for the debugger, if that wants it, and
    /// has RAX = the signal that it is to have, or 0, with <see cref="StepsBit"/> when it is to stop at its handler's first instruction.
    /// </summary>
    /// <param name="context">Guest-physical address of its registers, which may be changed.</param>
    /// <param name="signal">The signal, or 0 before the program's first instruction.</param>
    void Trap(ulong context, int signal);

    /// <summary>What the answer has besides the signal for a step into a handler.</summary>
    const ulong StepsBit = 0x100;
}
