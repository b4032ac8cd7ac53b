using System.Diagnostics;
using KvmActors.Bench.Measuring;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;

namespace KvmActors.Bench;

/// <summary>What benchmarks share: the device, the C reference and its guests, and a folder for their files.</summary>
internal sealed class BenchContext : IDisposable
{
    private readonly Lazy<KvmDevice> _device = new(() => KvmDevice.Open());
    private readonly bool _ownsFolder;

    /// <summary>Makes a folder that is gone afterwards.</summary>
    public BenchContext()
        : this(Directory.CreateTempSubdirectory("kvmactors-bench-").FullName) => _ownsFolder = true;

    /// <summary>Shares the folder of another process's context, where everything is made already.</summary>
    public BenchContext(string folder) => Folder = folder;

    /// <summary>The open KVM device.</summary>
    public IHypervisor Hypervisor => new KvmHypervisor(_device.Value);

    /// <summary>Where the reference, its guests and other files are.</summary>
    public string Folder { get; }

    /// <summary>Where the static programs are that <see cref="BuildPrograms"/> makes, and their files.</summary>
    public string ProgramFolder => Path.Combine(Folder, "programs");

    /// <summary>Where the sources are.</summary>
    /// <exception cref="MeasurementException">This is not run from them.</exception>
    public static string Repository
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "KvmActors.sln")))
                {
                    return folder.FullName;
                }
            }

            throw new MeasurementException($"{AppContext.BaseDirectory} is not below the sources, whose host is to be measured: use bench/run there");
        }
    }

    /// <summary>Opens the device and makes the reference.</summary>
    /// <exception cref="MeasurementException">KVM cannot be used, or a tool is missing.</exception>
    public void Prepare()
    {
        try
        {
            _ = _device.Value;
        }
        catch (KvmException e)
        {
            throw new MeasurementException($"{e.Message}. README.md says what to do when /dev/kvm is missing or not permitted");
        }

        Make("all");
    }

    /// <summary>Makes the static programs of the reference.</summary>
    /// <exception cref="MeasurementException">A tool is missing.</exception>
    public void BuildPrograms() => Make("programs");

    /// <summary>The file of a program that PATH leads to; null where there is none.</summary>
    public static string? FindTool(string name) => (Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [])
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private void Make(string target)
    {
        const string Install = "install it (Debian/Ubuntu: apt-get install gcc binutils make libc6-dev)";
        foreach (var tool in new[] { Environment.GetEnvironmentVariable("CC") ?? "gcc", "objcopy", "make" })
        {
            if (FindTool(tool) is null)
            {
                throw new MeasurementException($"making the C reference needs {tool}, which is not on PATH: {Install}");
            }
        }

        RunTool("make", "The C library's headers may be missing: libc6-dev and linux-libc-dev on Debian/Ubuntu",
            "--silent", "-C", Path.Combine(AppContext.BaseDirectory, "reference"), $"BUILD={Folder}", target);
    }

    /// <summary>The bytes of a guest that both sides run.</summary>
    public byte[] ReadGuest(string name) => File.ReadAllBytes(GuestFile(name));

    /// <summary>The file of a guest that both sides run.</summary>
    public string GuestFile(string name) => Path.Combine(Folder, name + ".bin");

    /// <summary>Runs a subcommand of the C reference.</summary>
    /// <returns>The figures it prints.</returns>
    public async Task<ReferenceResult> RunReferenceAsync(params string[] arguments)
    {
        using var process = StartReference(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? ReferenceResult.Parse(arguments[0] == "processes" ? error : await output)
            : throw new MeasurementException($"the C reference failed: {error.Trim()}");
    }

    /// <summary>Starts a subcommand of the C reference, to be waited for or ended by the caller.</summary>
    public Process StartReference(params string[] arguments) => Process.Start(
        new ProcessStartInfo(Path.Combine(Folder, "kvm-reference"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;

    /// <summary>Runs a tool whose output nobody needs.</summary>
    /// <exception cref="MeasurementException">It is missing or failed.</exception>
    public static void RunTool(string tool, string remedy, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new MeasurementException($"{tool} {string.Join(' ', arguments)} failed. {remedy}");
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new MeasurementException($"{tool}: {e.Message}. {remedy}");
        }
    }

    /// <summary>Closes the device and deletes the folder, where it is its own.</summary>
    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
