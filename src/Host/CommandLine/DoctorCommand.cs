using KvmActors.Host.Configuration;
using KvmActors.Host.Doctor;
using KvmActors.Host.Output;
using KvmActors.Interop.Sandbox;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;
using KvmActors.Library.Programs;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.CommandLine;

/// <summary>Says what this machine's KVM offers, and what to do where it does not.</summary>
internal static class DoctorCommand
{
    /// <summary>Runs the experiments and reports on standard output.</summary>
    /// <param name="asJson">Whether to report for programs.</param>
    /// <param name="overrides">Settings, <c>--Key:Sub=value</c> each.</param>
    /// <param name="asked">What has to be usable; null where anything will do.</param>
    /// <returns>The process's exit code.</returns>
    /// <exception cref="ConfigurationException">The settings are wrong.</exception>
    /// <exception cref="KvmUnavailableException">KVM cannot be used, and was asked for.</exception>
    public static int Run(bool asJson, IReadOnlyList<string> overrides, Backend? asked = null)
    {
        GuestPrograms.Check();
        using var configuration = ProgramConfiguration.ReadSettings(overrides);
        var kvm = ProgramConfiguration.Bind<KvmOptions>(configuration, "Kvm");
        var machine = MachineFacts.Read();
        var sandbox = SandboxSupport.Find();
        DoctorFindings findings;
        try
        {
            using var device = KvmAccess.Open(kvm.Device);
            findings = new DoctorFindings(kvm.Device, null, machine, KvmLimits.Of(device), new KvmAbilities(device).FindAll())
            {
                Sandbox = sandbox,
            };
        }
        catch (KvmUnavailableException e) when (asJson || asked != Backend.Kvm)
        {
            findings = new DoctorFindings(kvm.Device, e.Message, machine, null, []) { Sandbox = sandbox };
        }

        if (asJson)
        {
            DoctorDocument.From(findings).WriteTo(StandardStream.Output);
        }
        else
        {
            DoctorText.Write(Console.Out, findings);
        }

        return findings.Problem is not null && asked == Backend.Kvm ? ExitCodes.NoKvm : ExitCodes.Success;
    }
}
