using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Boot;

/// <summary>
/// Where everything of a machine goes before its first instruction. Made once for each description, without any descriptor open,
/// and shared by all machines like it.
/// </summary>
public interface IBootPlan
{
    /// <summary>The description.</summary>
    MachineSpec Spec { get; }

    /// <summary>The memory the machine has, a slot each.</summary>
    IReadOnlyList<MemoryRange> Ranges { get; }

    /// <summary>Says why the machine cannot be laid out, in words for the person who described it; ask before anything else.</summary>
    /// <returns>The key that is wrong and what is wrong with it, or null when all is well.</returns>
    (string Key, string Problem)? FindProblem();

    /// <summary>Fills a fresh memory and says how each vCPU starts.</summary>
    /// <exception cref="InvalidOperationException">The plan has a problem that <see cref="FindProblem"/> would have told.</exception>
    IReadOnlyList<VcpuBootState> Apply(GuestMemory memory);

    /// <summary>
    /// Puts other arguments and another environment where <see cref="Apply"/> put those of the description, and where a guest kernel
    /// that has booted since still has them; nothing where there are none.
    /// </summary>
    /// <param name="memory">The memory.</param>
    /// <param name="args">As many as the description's, and each as long in UTF-8; NULs may end it.</param>
    /// <param name="env">Likewise.</param>
    void Rewrite(GuestMemory memory, IReadOnlyList<string> args, IReadOnlyList<string> env);

    /// <summary>
    /// Puts other arguments and another environment, however many, on a vCPU's initial stack. The image must be told where: by RSP where it
    /// has not begun, or by what it asks when it has booted.
    /// </summary>
    /// <param name="memory">The memory.</param>
    /// <param name="vcpu">The vCPU's number.</param>
    /// <param name="args">The arguments, at most <see cref="MachineSpec.ArgumentBytes"/> with the environment.</param>
    /// <param name="env">The environment, <c>NAME=value</c> each.</param>
    /// <param name="stackPointer">Where RSP would be.</param>
    /// <returns>False when there is no such stack, or not so much room.</returns>
    bool TryReplace(GuestMemory memory, int vcpu, IReadOnlyList<string> args, IReadOnlyList<string> env, out GuestPhysAddr stackPointer);
}
