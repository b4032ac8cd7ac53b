using KvmActors.Actors.Specs;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Configuration;

/// <summary>Checks how much a VM may use.</summary>
internal sealed class LimitValidator(Problems problems)
{
    /// <summary>The most that may be said of each.</summary>
    internal const long MaxPerSecond = 1_000_000_000, MaxTouchedMiB = 1L << 40;

    /// <summary>Reads the limits.</summary>
    /// <param name="path">Their key.</param>
    /// <param name="options">What people wrote.</param>
    public VmLimits Read(string path, LimitOptions options)
    {
        problems.CheckRange($"{path}:OpenFiles", options.OpenFiles, 0, Bounds.MaxOpenFiles);
        problems.CheckRange($"{path}:BytesWritten", options.BytesWritten, 0, long.MaxValue);
        problems.CheckRange($"{path}:InodesCreated", options.InodesCreated, 0, long.MaxValue);
        problems.CheckRange($"{path}:PipeBytes", options.PipeBytes, 0, long.MaxValue);
        Check("BytesAllocated", options.BytesAllocated, 0, long.MaxValue);
        Check("FileSize", options.FileSize, 0, long.MaxValue);
        Check("ConsoleBytes", options.ConsoleBytes, 0, long.MaxValue);
        Check("ConsoleBytesPerSecond", options.ConsoleBytesPerSecond, 1, MaxPerSecond);
        Check("HypercallsPerSecond", options.HypercallsPerSecond, 1, MaxPerSecond);
        Check("Exits", options.Exits, 1, long.MaxValue);
        Check("MaxInstructions", options.MaxInstructions, 1, long.MaxValue);
        Check("MemoryTouchedMiB", options.MemoryTouchedMiB, 1, MaxTouchedMiB);
        if (options.CpuBudget < Bounds.MinCpuBudget || options.CpuBudget > Bounds.MaxTimeout)
        {
            problems.Add($"{path}:CpuBudget", $"{options.CpuBudget} is not from {Bounds.MinCpuBudget.TotalMilliseconds} ms to {Bounds.MaxTimeout.TotalDays} days");
        }

        if (options.MemoryTouchedMiB is not null && !GuestMemory.CanCountTouched)
        {
            problems.Add($"{path}:MemoryTouchedMiB", "this process may not read /proc/self/pagemap, so nobody can count it; leave this out and use MemoryMiB");
        }

        return new VmLimits
        {
            Files = new FileLimits
            {
                OpenFiles = options.OpenFiles,
                BytesWritten = options.BytesWritten,
                BytesAllocated = options.BytesAllocated,
                InodesCreated = options.InodesCreated,
                FileSize = options.FileSize,
                PipeBytes = options.PipeBytes,
            },
            Console = new ConsoleLimits { ConsoleBytes = options.ConsoleBytes, ConsoleBytesPerSecond = options.ConsoleBytesPerSecond },
            Run = new RunLimits
            {
                Exits = options.Exits,
                MaxInstructions = options.MaxInstructions,
                HypercallsPerSecond = options.HypercallsPerSecond,
                CpuBudget = options.CpuBudget,
                MemoryTouchedMiB = options.MemoryTouchedMiB,
            },
        };

        void Check(string key, long? value, long minimum, long maximum)
        {
            if (value is { } number)
            {
                problems.CheckRange($"{path}:{key}", number, minimum, maximum);
            }
        }
    }
}
