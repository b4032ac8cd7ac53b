using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Host.Tests.Support;

/// <summary>
/// A VM as people write it, in a folder with the files it names: <c>image.bin</c>, flat, and <c>kernel.elf</c>. Without further
/// settings it may run.
/// </summary>
internal sealed class VmSettings : IDisposable
{
    /// <summary>Where the ELF image is loaded and starts.</summary>
    public const ulong KernelAddress = 0x10_0000;

    /// <summary>Bytes of the flat image.</summary>
    public const int ImageBytes = 32;

    private static readonly string[] Basis = ["Name=vm", "Boot=long64", "Image=image.bin", "MemoryMiB=4"];

    public VmSettings()
    {
        File.WriteAllBytes(Folder["image.bin"], new byte[ImageBytes]);
        File.WriteAllBytes(Folder["kernel.elf"], ElfFile.WithCode(KernelAddress, [0xF4]).ToArray());
    }

    public TempFolder Folder { get; } = new();

    public string ScenarioFile => Folder["scenario.json"];

    /// <summary>Checks a VM that may run.</summary>
    public VmSpec Accept(params IEnumerable<string> settings)
    {
        var (vm, problems) = Validate(settings);
        Assert.Empty(problems);
        return Assert.IsType<VmSpec>(vm);
    }

    /// <summary>Checks a VM that may not run.</summary>
    /// <returns>What is wrong with it, a line each.</returns>
    public IReadOnlyList<string> Refuse(params IEnumerable<string> settings)
    {
        var (vm, problems) = Validate(settings);
        Assert.Null(vm);
        Assert.NotEmpty(problems);
        return problems;
    }

    /// <summary>Checks a VM that has one thing wrong with it.</summary>
    public void Refuse(string key, string problem, IEnumerable<string> settings)
    {
        var line = Assert.Single(Refuse(settings));
        Assert.StartsWith($"Vm:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
    }

    public void Dispose() => Folder.Dispose();

    private (VmSpec? Vm, IReadOnlyList<string> Problems) Validate(IEnumerable<string> settings)
    {
        var problems = new Problems();
        var vm = new VmValidator(ScenarioFile, problems, new WholeFiles()).Validate("Vm", Settings.Read<VmOptions>(Basis.Concat(settings)));
        return (vm, problems.Lines());
    }
}
