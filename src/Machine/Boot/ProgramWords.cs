namespace KvmActors.Machine.Boot;

/// <summary>A program's arguments and environment.</summary>
/// <param name="Args">The arguments, its own name first.</param>
/// <param name="Env">The environment, <c>NAME=value</c> each.</param>
public sealed record ProgramWords(IReadOnlyList<string> Args, IReadOnlyList<string> Env);
