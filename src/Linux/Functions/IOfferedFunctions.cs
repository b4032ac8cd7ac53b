namespace KvmActors.Linux.Functions;

/// <summary>What the program that embeds a guest offers it. Used by all of the guest's vCPUs at once.</summary>
public interface IOfferedFunctions
{
    /// <summary>Finds a function.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its signature; null when there is none of that name.</returns>
    string? FindSignature(string name);

    /// <summary>
    /// Calls a function. On the vCPU's thread, which must not be kept: what takes time, and whatever is not known to be short, goes
    /// elsewhere, and <see cref="HostFunctionCall.Complete"/> is called there, once.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="pending">What it gets, and what takes its answer.</param>
    void Invoke(string name, HostFunctionCall pending);
}
