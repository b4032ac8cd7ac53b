namespace KvmActors.Actors.Specs;

/// <summary>What one instance of a VM has of its own.</summary>
/// <param name="Number">Its number among all instances of the VM's name.</param>
/// <param name="Args">Its arguments: as many as its machine's, and each as long in UTF-8 (NULs stand at the ends of shorter ones).</param>
/// <param name="Env">Its environment, likewise.</param>
/// <param name="Matrix">The values of the matrix that it runs with, by name.</param>
public sealed record VmVariant(int Number, IReadOnlyList<string> Args, IReadOnlyList<string> Env, IReadOnlyDictionary<string, string> Matrix)
{
    /// <summary>No values.</summary>
    public static IReadOnlyDictionary<string, string> NoMatrix { get; } = new Dictionary<string, string>();
}
