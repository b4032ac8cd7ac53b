namespace KvmActors.Linux.Functions;

/// <summary>A function by what it is called and what it takes and gives.</summary>
/// <param name="Name">Its name, at most 128 bytes in UTF-8.</param>
/// <param name="Signature">Its signature, as <c>guest/include/kvmactors.h</c> writes it: the guest's word for it, and not checked.</param>
public readonly record struct FunctionName(string Name, string Signature);
