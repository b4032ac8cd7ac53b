using System.Globalization;
using System.Runtime.InteropServices;

namespace KvmActors.Bench.Measuring;

/// <summary>What the figures are measured on.</summary>
/// <param name="Cpu">The processor's model.</param>
/// <param name="Cores">How many processors there are.</param>
/// <param name="Kernel">The kernel's release.</param>
/// <param name="Virtualization">What the processor has for KVM.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="MemoryMiB">All memory.</param>
/// <param name="Load">The load average of the last minute.</param>
/// <param name="Busy">The share of processor time that others took, or the machine's own host, for a second before.</param>
internal sealed record HostMachine(
    string Cpu, int Cores, string Kernel, string Virtualization, string Runtime, long MemoryMiB, double Load, double Busy)
{
    /// <summary>More of <see cref="Busy"/> than this shows in the figures.</summary>
    public const double MaxBusy = 0.05;

    /// <summary>Asks the system, which takes a second.</summary>
    public static async Task<HostMachine> DescribeAsync()
    {
        var cpu = File.ReadLines("/proc/cpuinfo").TakeWhile(line => line.Length > 0)
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        var flags = cpu.GetValueOrDefault("flags", "").Split(' ');
        var virtualization = flags.Contains("vmx") ? "vmx (Intel)" : flags.Contains("svm") ? "svm (AMD)" : "neither vmx nor svm: KVM without hardware virtualization";
        return new HostMachine(
            cpu.GetValueOrDefault("model name", "unknown"),
            Environment.ProcessorCount,
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            virtualization,
            RuntimeInformation.FrameworkDescription,
            ReadMemory("MemTotal") >> 10,
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
            await MeasureBusyAsync());
    }

    /// <summary>The share of processor time that is taken while this program does nothing, for a second.</summary>
    public static async Task<double> MeasureBusyAsync()
    {
        var (idleBefore, allBefore) = ReadProcessorTime();
        await Task.Delay(TimeSpan.FromSeconds(1));
        var (idleAfter, allAfter) = ReadProcessorTime();
        return Math.Clamp(1 - ((double)(idleAfter - idleBefore) / Math.Max(1, allAfter - allBefore)), 0, 1);
    }

    /// <summary>Memory that programs could still have, the kernel's own use taken off, in KiB.</summary>
    public static long AvailableKiB() => ReadMemory("MemAvailable");

    /// <summary>What this process has written of private mappings of a file, in KiB.</summary>
    /// <param name="file">A part of the file's name.</param>
    public static long AnonymousKiB(string file)
    {
        // proc(5), smaps: a line that begins with an address range starts a mapping, the others are its fields.
        var isMapping = false;
        var sum = 0L;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                isMapping = line.Contains(file, StringComparison.Ordinal);
            }
            else if (isMapping && words[0] == "Anonymous:")
            {
                sum += long.Parse(words[1], CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }

    // proc(5): user, nice, system, idle, iowait, irq, softirq, steal, and two that are contained in the first.
    private static (long Idle, long All) ReadProcessorTime()
    {
        var times = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(time => long.Parse(time, CultureInfo.InvariantCulture)).ToArray();
        return (times[3] + times[4], times.Sum());
    }

    private static long ReadMemory(string name) => long.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
