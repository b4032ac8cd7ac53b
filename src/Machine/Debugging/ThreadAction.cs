namespace KvmActors.Machine.Debugging;

/// <summary>What a debugger wants a vCPU to do when it goes on.</summary>
/// <param name="Steps">Whether it executes one instruction only.</param>
/// <param name="Signal">The signal that its thread is to have, by Linux's number; 0 for none.</param>
public readonly record struct ThreadAction(bool Steps = false, int Signal = 0);
