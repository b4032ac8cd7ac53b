using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests.Configuration;

public sealed class VariantPlannerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public VariantPlannerTests() => File.WriteAllBytes(_folder["image.bin"], new byte[32]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Validate_Placeholders_AreAnothersInEachInstance()
    {
        var vm = Assert.Single(Validate("Instances=3", "Args:0=prog", "Args:1={index}", "Env:ME={name}", "Env:X=[{{}}]").Vms);

        Assert.Equal([0, 1, 2], vm.Variants.Select(variant => variant.Number));
        Assert.Equal(["prog 0", "prog 1", "prog 2"], vm.Variants.Select(variant => string.Join(' ', variant.Args)));
        Assert.Equal(["ME=vm-0 X=[{}]", "ME=vm-1 X=[{}]", "ME=vm-2 X=[{}]"], vm.Variants.Select(variant => string.Join(' ', variant.Env)));
    }

    [Fact]
    public void Validate_TextsOfSeveralLengths_HaveTheSamePlaces()
    {
        var vm = Assert.Single(Validate("Instances=11", "Args:0=prog", "Args:1={index}").Vms);

        Assert.Equal("0\0", vm.Variants[0].Args[1]);
        Assert.Equal("10", vm.Variants[10].Args[1]);
        Assert.Equal(vm.Variants[0].Args, vm.Machine.Args);
    }

    [Fact]
    public void Validate_Matrix_IsEachCombinationSoOften()
    {
        var vm = Assert.Single(Validate(
            "Instances=2", "Matrix:size:0=1", "Matrix:size:1=2", "Matrix:mode:0=a", "Matrix:mode:1=b", "Args:0=prog", "Args:1={size}{mode}{index}").Vms);

        Assert.Equal(8, vm.Instances);
        Assert.Equal(["1a0", "1a1", "1b2", "1b3", "2a4", "2a5", "2b6", "2b7"], vm.Variants.Select(variant => variant.Args[1]));
        Assert.Equal(["1a", "1a", "1b", "1b", "2a", "2a", "2b", "2b"], vm.Variants.Select(variant => variant.Matrix["size"] + variant.Matrix["mode"]));
    }

    [Fact]
    public void Validate_OnlyArgumentsDiffer_IsOneDescriptionThatStartsWarm()
    {
        var vm = Assert.Single(Validate("Instances=4", "Args:0=prog", "Args:1={seed}").Vms);

        Assert.Equal((4, VmStart.Warm), (vm.Instances, vm.Start));
        Assert.Null(vm.ColdReason);
    }

    [Fact]
    public void Validate_FilesDiffer_IsADescriptionEach()
    {
        _folder.AddFile("data-0", "");
        _folder.AddFile("data-1", "");

        var vms = Validate("Instances=2", "Args:0=prog", "Files:0:Guest=/data", "Files:0:Host=data-{index}").Vms;

        Assert.Equal([_folder["data-0"], _folder["data-1"]], vms.Select(vm => Assert.Single(vm.Files).Host));
        Assert.Equal([0, 1], vms.Select(vm => Assert.Single(vm.Variants).Number));
        Assert.All(vms, vm => Assert.Equal("no other instance has the same files, input and program", vm.ColdReason));
        Assert.Same(vms[0].Machine.Image, vms[1].Machine.Image);
    }

    [Fact]
    public void Validate_InputDiffers_IsReadForEach()
    {
        _folder.AddFile("in-a", "of a");
        _folder.AddFile("in-b", "of b");

        var vms = Validate("Matrix:file:0=a", "Matrix:file:1=b", "Stdin=in-{file}").Vms;

        Assert.Equal(["of a", "of b"], vms.Select(vm => System.Text.Encoding.ASCII.GetString(vm.Machine.Input.Span)));
    }

    [Fact]
    public void Validate_NothingThatDiffers_IsAsEver()
    {
        var vm = Assert.Single(Validate("Instances=5", "Args:0=prog", "Args:1={{x}}").Vms);

        Assert.Empty(vm.Variants);
        Assert.Equal((5, "{x}"), (vm.Instances, vm.Machine.Args[1]));
    }

    [Theory]
    [InlineData("Args:1", "{mode} is unknown; use one of {index}, {name}, {seed}, or", "Args:0=prog", "Args:1={mode}")]
    [InlineData("Env:A", "a { or } stands alone", "Env:A={")]
    [InlineData("Files:0:Host", "{x} is unknown", "Files:0:Guest=/x", "Files:0:Host={x}")]
    [InlineData("Files:0:Guest", "{x} is unknown", "Files:0:Guest=/{x}", "Files:0:Host=/etc")]
    [InlineData("Stdin", "{x} is unknown", "Stdin={x}")]
    [InlineData("Matrix:index", "a name is letters", "Matrix:index:0=1")]
    [InlineData("Matrix:a b", "a name is letters", "Matrix:a b:0=1")]
    [InlineData("Matrix", "its combinations with 1000000 instances each are 4000000 instances; 1000000 are the most", "Instances=1000000", "Matrix:a:0=1", "Matrix:a:1=2", "Matrix:b:0=1", "Matrix:b:1=2")]
    [InlineData("Files:0:Host", "there is no file or folder none-0", "Instances=2", "Files:0:Guest=/x", "Files:0:Host=none-{index}")]
    public void Validate_Wrong_IsOneLineThatNamesTheKey(string key, string said, params string[] settings)
    {
        var line = Assert.Single(Validate(settings).Problems);

        Assert.StartsWith($"Vm:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_FilesThatDifferByTheMatrix_AreADescriptionForEachValue()
    {
        _folder.AddFile("data-a", "");
        _folder.AddFile("data-b", "");

        var vms = Validate(
            "Instances=2", "Matrix:file:0=a", "Matrix:file:1=b", "Matrix:size:0=1", "Matrix:size:1=2", "Args:0=prog", "Args:1={size}", "Files:0:Guest=/data", "Files:0:Host=data-{file}").Vms;

        Assert.Equal([_folder["data-a"], _folder["data-b"]], vms.Select(vm => Assert.Single(vm.Files).Host));
        Assert.Equal(["0 1 2 3", "4 5 6 7"], vms.Select(vm => string.Join(' ', vm.Variants.Select(variant => variant.Number))));
        Assert.Equal(["1", "1", "2", "2"], vms[1].Variants.Select(variant => variant.Args[1]));
    }

    [Fact]
    public void Validate_ManyInstances_TakeNoMemoryBeforeTheyRun()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        var vm = Assert.Single(Validate("Instances=500000", "Matrix:a:0=1", "Matrix:a:1=2", "Args:0=prog", "Args:1={index} {a} {seed}").Vms);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        Assert.StartsWith("999999 2 ", vm.Variants[vm.Variants.Count - 1].Args[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_TooManyKinds_IsRefused() => Assert.StartsWith(
        "Vm: its instances are 20000 kinds", Assert.Single(Validate("Instances=20000", "Files:0:Guest=/x", "Files:0:Host=/{index}").Problems), StringComparison.Ordinal);

    [Fact]
    public void SeedOf_ManyNumbers_AreAllDifferentAndTheSameAgain()
    {
        var seeds = Enumerable.Range(0, 100_000).Select(number => InstanceSpace.SeedOf(7, "vm", number)).ToList();

        Assert.Equal(seeds.Count, seeds.Distinct().Count());
        Assert.All(seeds, seed => Assert.InRange(seed, 0, int.MaxValue));
        Assert.Equal(seeds.Take(10), Enumerable.Range(0, 10).Select(number => InstanceSpace.SeedOf(7, "vm", number)));
        Assert.NotEqual(seeds[0], InstanceSpace.SeedOf(8, "vm", 0));
        Assert.NotEqual(seeds[0], InstanceSpace.SeedOf(7, "other", 0));
    }

    private (IReadOnlyList<VmSpec> Vms, IReadOnlyList<string> Problems) Validate(params string[] settings)
    {
        var problems = new Problems();
        var options = Settings.Read<VmOptions>(["Name=vm", "Boot=long64", "Image=image.bin", "MemoryMiB=4", .. settings]);
        var vms = new VmValidator(_folder["scenario.json"], problems, new WholeFiles()).ValidateAll("Vm", options, seed: 1);
        return (vms, problems.Lines());
    }
}
