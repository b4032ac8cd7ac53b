using System.Text;
using System.Text.RegularExpressions;
using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Files;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Images;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Memory;

namespace KvmActors.Host.Configuration;

/// <summary>Checks one VM of a scenario, and reads and checks its image.</summary>
internal sealed partial class VmValidator(string scenarioFile, Problems problems)
{
    private const long MaxInstances = 1_000_000, MaxVcpus = 4096, MaxOpenFiles = 65_536;

    // The most a timer of the actor runtime takes.
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(24);

    /// <summary>Checks a VM.</summary>
    /// <param name="path">Its key.</param>
    /// <param name="options">What people wrote.</param>
    /// <returns>Null when something is wrong with it; the problems say what.</returns>
    public VmSpec? Validate(string path, VmOptions options)
    {
        var before = problems.Count;
        if (options.Name is null || !NamePattern().IsMatch(options.Name))
        {
            problems.Add($"{path}:Name", "a VM needs a name of letters, digits, '.', '_' and '-' that starts with a letter or digit");
        }

        problems.CheckRange($"{path}:Instances", options.Instances, 1, MaxInstances);
        problems.CheckRange($"{path}:Vcpus", options.Vcpus, 1, MaxVcpus);
        problems.CheckRange($"{path}:MemoryMiB", options.MemoryMiB, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20);
        problems.CheckRange($"{path}:Limits:OpenFiles", options.Limits.OpenFiles, 0, MaxOpenFiles);
        problems.CheckRange($"{path}:Limits:BytesWritten", options.Limits.BytesWritten, 0, long.MaxValue);
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > MaxTimeout)
        {
            problems.Add($"{path}:Timeout", $"{options.Timeout} is not more than 0 and at most {MaxTimeout.TotalDays} days");
        }

        if (!string.Equals(options.Restart.Policy, "Never", StringComparison.OrdinalIgnoreCase))
        {
            problems.Add($"{path}:Restart:Policy", $"'{options.Restart.Policy}' is unknown; use Never");
        }

        var boot = problems.ReadName<BootProtocol>($"{path}:Boot", options.Boot);
        if (problems.Count > before)
        {
            // What follows depends on what is wrong already.
            return null;
        }

        CheckContradictions(path, boot, options);
        var image = ReadImage(path, boot, options);
        var files = options.Files.Index().Select(file => ReadMapping($"{path}:Files:{file.Index}", file.Item)).ToList();
        var devices = options.Devices.Index().Select(device => ReadDevice($"{path}:Devices:{device.Index}", device.Item)).ToList();
        if (problems.Count > before || image is null)
        {
            return null;
        }

        var spec = new VmSpec
        {
            Name = options.Name!,
            Instances = options.Instances,
            Boot = boot,
            Image = image,
            Args = options.Args,
            Env = [.. options.Env.Select(variable => $"{variable.Key}={variable.Value}")],
            Vcpus = options.Vcpus,
            MemoryBytes = (ulong)options.MemoryMiB << 20,
            IdentityBytes = (ulong?)options.IdentityMiB << 20,
            Timeout = options.Timeout,
            Files = files!,
            Limits = new FileLimits { OpenFiles = options.Limits.OpenFiles, BytesWritten = options.Limits.BytesWritten },
            Devices = devices!,
        };
        if (new BootPlan(spec).FindProblem() is { } found)
        {
            problems.Add($"{path}:{found.Key}", found.Problem);
            return null;
        }

        return spec;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    private void CheckContradictions(string path, BootProtocol boot, VmOptions options)
    {
        if (boot == BootProtocol.Elf64 && options.LoadAddress is not null)
        {
            problems.Add($"{path}:LoadAddress", "an ELF image says itself where it is loaded; leave this out or use Boot long64");
        }

        if (boot == BootProtocol.Elf64 && options.Entry is not null)
        {
            problems.Add($"{path}:Entry", "an ELF image says itself where it starts; leave this out or use Boot long64");
        }

        if (boot is BootProtocol.Real16 or BootProtocol.Protected32)
        {
            if (options.Args.Count + options.Env.Count > 0)
            {
                problems.Add($"{path}:Args", $"a {boot} guest has no initial stack to put arguments or an environment on");
            }

            if (options.IdentityMiB is not null)
            {
                problems.Add($"{path}:IdentityMiB", $"a {boot} guest starts without page tables");
            }
        }
        else if (options.IdentityMiB is { } identity && (identity < 2 || identity > options.MemoryMiB || identity > 1024 || identity % 2 != 0))
        {
            problems.Add($"{path}:IdentityMiB", $"{identity} is not an even number from 2 to the memory's {options.MemoryMiB}, and at most 1024");
        }

        foreach (var (index, argument) in options.Args.Index())
        {
            if (argument.Contains('\0', StringComparison.Ordinal))
            {
                problems.Add($"{path}:Args:{index}", "an argument cannot contain NUL");
            }
        }
    }

    private GuestImage? ReadImage(string path, BootProtocol boot, VmOptions options)
    {
        var load = problems.ReadNumber($"{path}:LoadAddress", options.LoadAddress);
        var entry = problems.ReadNumber($"{path}:Entry", options.Entry);
        if (options.Image is null)
        {
            problems.Add($"{path}:Image", "missing; name the file to boot");
            return null;
        }

        if (ScenarioFiles.Resolve(options.Image, scenarioFile) is not { } file || Directory.Exists(file))
        {
            problems.Add($"{path}:Image", $"there is no file {options.Image} beside the scenario, beside the program or in the current folder");
            return null;
        }

        try
        {
            var bytes = File.ReadAllBytes(file);
            return boot == BootProtocol.Elf64 ? ElfImage.Parse(bytes) : FlatImage.Parse(bytes, new GuestPhysAddr(load), entry);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}:Image", $"{file}: {e.Message}");
            return null;
        }
    }

    private FileMapping? ReadMapping(string path, FileOptions options)
    {
        var before = problems.Count;
        var access = problems.ReadName<MappingAccess>($"{path}:Access", options.Access);
        if (options.Guest is not ['/', ..])
        {
            problems.Add($"{path}:Guest", "missing or not absolute: where the guest sees the file starts with /");
        }

        var host = options.Host is null ? null : ScenarioFiles.Resolve(options.Host, scenarioFile);
        if (host is null)
        {
            problems.Add($"{path}:Host", options.Host is null ? "missing; name the host's file or folder" : $"there is no file or folder {options.Host}");
        }

        return problems.Count > before ? null : new FileMapping(Normalise(options.Guest!), host!, access);
    }

    private DeviceSpec? ReadDevice(string path, DeviceOptions options)
    {
        if (!string.Equals(options.Type, "Console", StringComparison.OrdinalIgnoreCase))
        {
            problems.Add($"{path}:Type", $"'{options.Type}' is unknown; use Console");
            return null;
        }

        var port = problems.ReadNumber($"{path}:Port", options.Port);
        if (options.Port is null || port > ushort.MaxValue || HypercallPorts.IsHypercall((ushort)port))
        {
            problems.Add($"{path}:Port", $"'{options.Port}' is no port from 0 to 0xffff outside the hypercalls' 0x8000 to 0x80ff and 0xffff");
            return null;
        }

        return new ConsoleDeviceSpec((ushort)port);
    }

    private static string Normalise(string guestPath)
    {
        var bytes = Encoding.UTF8.GetBytes(guestPath);
        var normalised = new byte[bytes.Length + 1];
        return Encoding.UTF8.GetString(normalised, 0, GuestPath.Normalise(bytes, normalised));
    }
}
