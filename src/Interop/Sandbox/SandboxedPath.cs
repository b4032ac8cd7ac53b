namespace KvmActors.Interop.Sandbox;

/// <summary>A host file or directory that confined threads may use, with all below it.</summary>
/// <param name="Path">The host path as the user wrote it; links in it are followed, once.</param>
/// <param name="IsWritable">Whether it may be changed.</param>
public readonly record struct SandboxedPath(string Path, bool IsWritable);
