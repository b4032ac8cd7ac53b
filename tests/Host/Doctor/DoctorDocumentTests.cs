using System.Text;
using KvmActors.Host.Doctor;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Tests.Doctor;

/// <summary>The format is a promise to other programs: these texts may grow, but no line of them may change.</summary>
public sealed class DoctorDocumentTests
{
    private static readonly MachineFacts Machine = new()
    {
        Kernel = "Linux 6.1",
        Processor = "A processor",
        Processors = 4,
        HardwareVirtualization = "svm",
        KvmModule = "kvm_amd",
        MemoryBytes = 1024,
        AvailableMemoryBytes = 512,
        OpenFilesLimit = 0,
    };

    private static readonly SandboxSupport Sandbox = new(LandlockAbi: 4, Seccomp: true, MountProblem: "EPERM");

    [Fact]
    public void WriteTo_Findings_IsThePromisedText()
    {
        const string Expected = """
            {
              "device": "/dev/kvm",
              "usable": true,
              "problem": null,
              "machine": {
                "kernel": "Linux 6.1",
                "processor": "A processor",
                "processors": 4,
                "hardwareVirtualization": "svm",
                "kvmModule": "kvm_amd",
                "memoryBytes": 1024,
                "availableMemoryBytes": 512,
                "openFilesLimit": 0
              },
              "limits": {
                "maxVcpus": 1024,
                "recommendedVcpus": 4,
                "memorySlots": 32764,
                "physicalAddressBits": 39
              },
              "abilities": {
                "ring0Sse": {
                  "present": false,
                  "detail": "UD"
                },
                "ioEventFd": {
                  "present": true,
                  "detail": ""
                }
              },
              "sandbox": {
                "landlockAbi": 4,
                "seccomp": true,
                "readOnlyBinds": false,
                "readOnlyBindsProblem": "EPERM"
              },
              "verdict": "This machine runs everything but guest kernels that use SSE and confinement by read-only mounts.",
              "backends": {
                "kvm": {
                  "usable": true,
                  "problem": null
                },
                "software": {
                  "usable": true,
                  "problem": null
                }
              }
            }

            """;

        Assert.Equal(Expected, Write(new DoctorFindings(
            "/dev/kvm", null, Machine, new KvmLimits(1024, 4, 32764, 39),
            [new AbilityFinding(KvmAbility.Ring0Sse, false, "UD"), new AbilityFinding(KvmAbility.IoEventFd, true, "")])
        {
            Sandbox = Sandbox,
        }));
    }

    [Fact]
    public void WriteTo_NoKvm_SaysWhy()
    {
        var text = Write(new DoctorFindings("/dev/none", "open: ENOENT", Machine, null, []) { Sandbox = Sandbox });

        Assert.Contains("\"usable\": false,\n  \"problem\": \"open: ENOENT\",\n", text, StringComparison.Ordinal);
        Assert.Contains("\"kvm\": {\n      \"usable\": false,\n      \"problem\": \"open: ENOENT\"\n    },\n    \"software\": {\n      \"usable\": true,", text, StringComparison.Ordinal);
        Assert.Contains("\"limits\": null,\n  \"abilities\": {},\n", text, StringComparison.Ordinal);
    }

    private static string Write(DoctorFindings findings)
    {
        using var stream = new MemoryStream();
        DoctorDocument.From(findings).WriteTo(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
