namespace KvmActors.Interop.Sandbox;

/// <summary>A host file or directory that confined threads may use, with all below it.</summary>
/// <param name="Path">The host path as the user wrote it; links in it are followed, once.</param>
/// <param name="IsWritable">Whether it may be changed.</param>
/// <param name="HasLayer">Whether changes of it are kept apart, in a folder that the threads may change.</param>
public readonly record struct SandboxedPath(string Path, bool IsWritable, bool HasLayer = false);
