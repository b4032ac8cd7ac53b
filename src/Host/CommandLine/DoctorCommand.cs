using KvmActors.Host.Configuration;
using KvmActors.Host.Doctor;
using KvmActors.Host.Output;
using KvmActors.Host.Running;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.CommandLine;

/// <summary>Says what this machine's KVM offers, and what to do where it does not.</summary>
internal static class DoctorCommand
{
    /// <summary>Runs the experiments and reports on standard output.</summary>
    /// <param name="asJson">Whether to report for programs.</param>
    /// <param name="overrides">Settings, <c>--Key:Sub=value</c> each.</param>
    /// <returns>The process's exit code.</returns>
    /// <exception cref="ConfigurationException">The settings are wrong.</exception>
    /// <exception cref="KvmUnavailableException">KVM cannot be used.</exception>
    public static int Run(bool asJson, IReadOnlyList<string> overrides)
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
        catch (KvmUnavailableException e) when (asJson)
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

        return findings.Problem is null ? ExitCodes.Success : ExitCodes.NoKvm;
    }
}
