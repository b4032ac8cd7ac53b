using System.Text.Json;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Compare;

/// <summary>One run, as its results tell it.</summary>
internal sealed record ComparedRun
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>What it is called: its file.</summary>
    public required string Name { get; init; }

    /// <summary>Its scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>The version of the program that ran it.</summary>
    public required string ProgramVersion { get; init; }

    /// <summary>When it began.</summary>
    public required string StartedAt { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>The kernel and its release.</summary>
    public required string Kernel { get; init; }

    /// <summary>The kernel's module behind KVM.</summary>
    public required string KvmModule { get; init; }

    /// <summary>What executed its VMs' instructions.</summary>
    public string Backend { get; init; } = nameof(Machine.Processor.Backend.Kvm);

    /// <summary>By exit reason, time in the host and in the guest apart.</summary>
    public required IReadOnlyList<(string Name, BucketDistribution Durations)> Exits { get; init; }

    /// <summary>By hypercall.</summary>
    public required IReadOnlyList<(string Name, BucketDistribution Durations)> Hypercalls { get; init; }

    /// <summary>By VM name: all instances' starts and runs and, where there are several names, their exits and hypercalls.</summary>
    public required IReadOnlyList<(string Name, BucketDistribution Durations)> Vms { get; init; }

    /// <summary>By instance, where a VM has several: its start and its run, one duration each.</summary>
    public required IReadOnlyList<(string Name, BucketDistribution Durations)> Instances { get; init; }

    /// <summary>The durations of one thing, if it has them.</summary>
    /// <param name="group">Its kind, as <see cref="ComparedRow"/> has it.</param>
    /// <param name="name">What it is.</param>
    public IEnumerable<BucketDistribution> Find(string group, string name) =>
        (group switch { "Exits" => Exits, "Hypercalls" => Hypercalls, "VMs" => Vms, _ => Instances })
        .Where(row => row.Name == name).Select(row => row.Durations);

    /// <summary>Reads what <c>--json</c> wrote.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="ConfigurationException">It cannot be read, or is no such file.</exception>
    public static ComparedRun Read(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(new WholeFiles().Read(Path.GetFullPath(file), ResultReader.MaxFileBytes), Strict);
            return new ResultReader(document.RootElement).Read(file);
        }
        catch (JsonException e)
        {
            throw new ConfigurationException($"{file}: no JSON: {e.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
        {
            throw new ConfigurationException($"{file}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
