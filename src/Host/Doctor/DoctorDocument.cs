using System.Text.Json;
using System.Text.Json.Serialization;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Doctor;

/// <summary>What <c>doctor --json</c> writes. A promise to other programs: fields are added, never changed.</summary>
internal sealed record DoctorDocument(
    string Device,
    bool Usable,
    string? Problem,
    MachineFacts Machine,
    KvmLimits? Limits,
    IReadOnlyDictionary<string, AbilityDocument> Abilities,
    SandboxDocument Sandbox,
    string Verdict,
    BackendsDocument Backends)
{
    /// <summary>Makes the document.</summary>
    public static DoctorDocument From(DoctorFindings findings) => new(
        findings.Device,
        findings.Problem is null,
        findings.Problem,
        findings.Machine,
        findings.Limits,
        findings.Abilities.ToDictionary(
            finding => JsonNamingPolicy.CamelCase.ConvertName(finding.Ability.ToString()),
            finding => new AbilityDocument(finding.IsPresent, finding.Detail)),
        SandboxDocument.From(findings.Sandbox),
        DoctorVerdict.Of(findings),
        new BackendsDocument(new BackendDocument(findings.Problem is null, findings.Problem), new BackendDocument(Usable: true, Problem: null)));

    /// <summary>Writes the document as indented JSON and a line's end.</summary>
    public void WriteTo(Stream stream)
    {
        JsonSerializer.Serialize(stream, this, DoctorJsonContext.Default.DoctorDocument);
        stream.WriteByte((byte)'\n');
    }
}

/// <summary>One ability.</summary>
internal sealed record AbilityDocument(bool Present, string Detail);

/// <summary>What executes guests' instructions.</summary>
internal sealed record BackendsDocument(BackendDocument Kvm, BackendDocument Software);

/// <summary>Whether it can be used, and if not why.</summary>
internal sealed record BackendDocument(bool Usable, string? Problem);

/// <summary>What threads that serve a guest can be confined with; a Landlock ABI of 0 for none.</summary>
internal sealed record SandboxDocument(int LandlockAbi, bool Seccomp, bool ReadOnlyBinds, string? ReadOnlyBindsProblem)
{
    public static SandboxDocument From(SandboxSupport support) =>
        new(support.LandlockAbi, support.Seccomp, support.MountProblem is null, support.MountProblem);
}

/// <summary>Serialisers made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DoctorDocument))]
internal sealed partial class DoctorJsonContext : JsonSerializerContext;
