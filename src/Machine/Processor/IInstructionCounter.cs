namespace KvmActors.Machine.Processor;

/// <summary>What a vCPU can do besides that counts every instruction: stop at one. One of KVM cannot.</summary>
public interface IInstructionCounter
{
    /// <summary>Instructions executed so far; a repeated string instruction counts once for each time it had to begin.</summary>
    ulong Instructions { get; }

    /// <summary>
    /// At how many instructions executed <see cref="IVcpu.Run"/> ends as by a kick, exactly; the most there can be for never.
    /// </summary>
    ulong StopsAt { get; set; }
}
