using System.Globalization;

namespace KvmActors.Host.Doctor;

/// <summary>The machine, as far as it matters to VMs.</summary>
internal sealed record MachineFacts
{
    /// <summary>The running kernel and its release, for example <c>Linux 6.1.0</c>.</summary>
    public required string Kernel { get; init; }

    /// <summary>The processor's name; empty when unknown.</summary>
    public required string Processor { get; init; }

    /// <summary>How many processors this process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>What the processor shows of it: <c>svm</c>, <c>vmx</c> or <c>none</c>.</summary>
    public required string HardwareVirtualization { get; init; }

    /// <summary>The kernel's module behind <c>/dev/kvm</c>, for example <c>kvm_amd</c>; empty when none is loaded or known.</summary>
    public required string KvmModule { get; init; }

    /// <summary>All memory; 0 when unknown.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>What can be taken without swapping, in bytes; 0 when unknown.</summary>
    public required long AvailableMemoryBytes { get; init; }

    /// <summary>Descriptors this process may have open; each VM takes two and one for each vCPU; 0 when unknown or unlimited.</summary>
    public required long OpenFilesLimit { get; init; }

    /// <summary>Reads them from <c>/proc</c>; what cannot be read is missing, not an error.</summary>
    public static MachineFacts Read()
    {
        var processor = ReadLines("/proc/cpuinfo");
        var flags = FieldOf(processor, "flags").Split(' ');
        var memory = ReadLines("/proc/meminfo");
        return new MachineFacts
        {
            Kernel = $"Linux {ReadLines("/proc/sys/kernel/osrelease").FirstOrDefault("")}".TrimEnd(),
            Processor = FieldOf(processor, "model name"),
            Processors = Environment.ProcessorCount,
            HardwareVirtualization = flags.Contains("svm") ? "svm" : flags.Contains("vmx") ? "vmx" : "none",
            KvmModule = FindKvmModule(),
            MemoryBytes = KilobytesOf(memory, "MemTotal"),
            AvailableMemoryBytes = KilobytesOf(memory, "MemAvailable"),
            OpenFilesLimit = ReadOpenFilesLimit(),
        };
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // kvm itself is what all of them share.
    private static string FindKvmModule()
    {
        try
        {
            return string.Join(' ', Directory.EnumerateDirectories("/sys/module", "kvm_*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // "model name	: …" and "MemTotal:   24 kB".
    private static string FieldOf(string[] lines, string name) =>
        lines.Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2 && parts[0].Trim() == name)
            .Select(parts => parts[1].Trim())
            .FirstOrDefault("");

    private static long KilobytesOf(string[] lines, string name) =>
        long.TryParse(FieldOf(lines, name).Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;

    // "Max open files            1024                 524288               files": the name, then the soft limit.
    private static long ReadOpenFilesLimit()
    {
        const string Name = "Max open files";
        var line = Array.Find(ReadLines("/proc/self/limits"), line => line.StartsWith(Name, StringComparison.Ordinal));
        var soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : 0;
    }
}
