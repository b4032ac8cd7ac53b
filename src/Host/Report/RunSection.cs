using System.Globalization;
using KvmActors.Actors.Specs;
using KvmActors.Host.Running;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Report;

/// <summary>What ran, where, and of which version: what one needs to run it again.</summary>
internal static class RunSection
{
    private const int MaxVms = 60, MaxText = 300;

    private const double GiB = 1L << 30, MiB = 1L << 20;

    /// <summary>Writes the section.</summary>
    public static void Write(HtmlWriter html, RunFacts facts)
    {
        var machine = facts.Machine;
        html.Markup("<section><h2>Machine and scenario</h2>\n<dl class=\"facts\">");
        Fact("Machine", FormattableString.Invariant($"{machine.Processor}, {machine.Processors} processors, {machine.MemoryBytes / GiB:0.0} GiB of memory"));
        Fact("Kernel", machine.Kernel);
        Fact("Backend", facts.Backend switch { nameof(Backend.Kvm) => "KVM", nameof(Backend.Software) => "software", _ => "KVM and software, as below" });
        if (facts.Backend != nameof(Backend.Software))
        {
            Fact("KVM", $"{facts.Device}{(machine.KvmModule.Length > 0 ? $", {machine.KvmModule}" : "")}, API version {KvmDevice.ApiVersion}; hardware virtualization: {machine.HardwareVirtualization}");
        }

        Fact("Program", $"KvmActors {facts.Version}");
        Fact("Started", facts.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        Fact("Scenario", FormattableString.Invariant($"{facts.Scenario.Name}: {Units.Count(facts.AskedVms)} VMs, at most {Units.Count(facts.Scenario.MaxConcurrency)} at once"));
        html.Markup("</dl>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">VM</th><th scope=\"col\" class=\"n\">Instances</th><th scope=\"col\">Boot</th>");
        html.Markup("<th scope=\"col\" class=\"n\">vCPUs</th><th scope=\"col\" class=\"n\">Memory</th><th scope=\"col\">Start</th><th scope=\"col\" class=\"n\">Timeout</th><th scope=\"col\">Backend</th>");
        html.Markup("<th scope=\"col\">Arguments</th><th scope=\"col\">Devices</th><th scope=\"col\">Files</th></tr></thead><tbody>\n");
        foreach (var vm in facts.Scenario.Vms.Take(MaxVms))
        {
            WriteVm(html, vm);
        }

        html.Markup("</tbody></table></div>");
        if (facts.Scenario.Vms.Count > MaxVms)
        {
            html.Write($"<p class=\"soft\">And {Units.Count(facts.Scenario.Vms.Count - MaxVms)} more.</p>");
        }

        html.Markup("</section>\n");

        void Fact(string name, string value) => html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>\n");
    }

    private static void WriteVm(HtmlWriter html, VmSpec vm)
    {
        var bytes = vm.Machine.Regions.Count > 0 ? vm.Machine.Regions.Sum(region => (double)region.Range.Length) : vm.Machine.MemoryBytes;
        html.Write($"<tr><td>{vm.Name}</td><td class=\"n\">{Units.Count(vm.Instances)}</td><td>{vm.Machine.Boot.ToString().ToLowerInvariant()}</td>");
        html.Write($"<td class=\"n\">{vm.Machine.Vcpus}</td><td class=\"n\">{FormattableString.Invariant($"{bytes / MiB:0.##} MiB")}</td><td>{vm.Start.ToString()}</td>");
        html.Write($"<td class=\"n\">{Units.Duration(vm.Timeout.TotalNanoseconds)}</td><td>{vm.Backend.ToString()}</td><td class=\"message\">{Cut(string.Join(' ', vm.Machine.Args.Select(argument => argument.TrimEnd('\0'))))}</td>");
        html.Write($"<td>{Cut(string.Join(", ", vm.Machine.Devices.Select(NameOf)))}</td>");
        html.Write($"<td class=\"message\">{Cut(string.Join(", ", vm.Files.Select(file => $"{file.Guest} ({file.Access})")))}</td></tr>\n");
    }

    /// <summary>A device as scenarios name it, and where it is.</summary>
    private static string NameOf(DeviceSpec device) => device switch
    {
        ConsoleDeviceSpec console => string.Create(CultureInfo.InvariantCulture, $"Console 0x{console.Port:x}"),
        SerialDeviceSpec serial => string.Create(CultureInfo.InvariantCulture, $"Serial 0x{serial.Port:x}"),
        RegisterBankSpec bank => string.Create(CultureInfo.InvariantCulture, $"RegisterBank 0x{bank.Address:x}"),
        DoorbellSpec doorbell => string.Create(CultureInfo.InvariantCulture, $"Doorbell 0x{doorbell.Port:x}"),
        DebugExitSpec exit => string.Create(CultureInfo.InvariantCulture, $"DebugExit 0x{exit.Port:x}"),
        _ => device.GetType().Name,
    };

    private static string Cut(string text) => text.Length > MaxText ? text[..MaxText] + "…" : text;
}
