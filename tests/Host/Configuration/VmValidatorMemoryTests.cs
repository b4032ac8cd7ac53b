using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Machine.Boot;

namespace KvmActors.Host.Tests.Configuration;

/// <summary>What <see cref="VmValidator"/> says of images, of memory, and of how the two and the boot protocol go together.</summary>
public sealed class VmValidatorMemoryTests : IDisposable
{
    private static readonly string[] Regions =
    [
        "MemoryMiB",
        "Regions:0:Address=0x1000", "Regions:0:Size=0x1000", "Regions:0:Holds=Gdt", "Regions:0:Access=Read",
        "Regions:1:Address=0x2000", "Regions:1:Size=0x4000", "Regions:1:Holds=PageTables", "Regions:1:MapMiB=4",
        "Regions:2:Address=0x100000", "Regions:2:Size=0x2000", "Regions:2:Holds=Image",
        "Regions:3:Address=0x200000", "Regions:3:Size=0x2000", "Regions:3:Holds=Stack",
    ];

    private readonly VmSettings _vm = new();

    public void Dispose() => _vm.Dispose();

    [Theory]
    [InlineData("LoadAddress", "an ELF image says itself where it is loaded", "Boot=elf64", "Image=kernel.elf", "LoadAddress=0x1000")]
    [InlineData("Entry", "an ELF image says itself where it starts", "Boot=elf64", "Image=kernel.elf", "Entry=0")]
    [InlineData("Args", "a Real16 guest has no initial stack", "Boot=real16", "Args:0=x")]
    [InlineData("Args", "a Protected32 guest has no initial stack", "Boot=protected32", "Env:A=b")]
    [InlineData("Args:1", "cannot contain NUL", "Args:0=fine", "Args:1=a\0b")]
    [InlineData("IdentityMiB", "a Real16 guest starts without page tables", "Boot=real16", "IdentityMiB=2")]
    [InlineData("IdentityMiB", "a Protected32 guest starts without page tables", "Boot=protected32", "IdentityMiB=2")]
    [InlineData("IdentityMiB", "0 is not an even number from 2 to the memory's 4", "IdentityMiB=0")]
    [InlineData("IdentityMiB", "-2 is not an even number", "IdentityMiB=-2")]
    [InlineData("IdentityMiB", "3 is not an even number", "IdentityMiB=3")]
    [InlineData("IdentityMiB", "6 is not an even number from 2 to the memory's 4", "IdentityMiB=6")]
    [InlineData("MemoryMiB", "the Regions already say how much memory there is", "Regions:0:Address=0", "Regions:0:Size=0x1000", "Regions:0:Holds=Image")]
    public void Validate_Contradiction_IsRefused(string key, string problem, params string[] settings)
    {
        var line = _vm.Refuse(settings)[0];

        Assert.StartsWith($"Vm:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4", null)]
    [InlineData("4", 2UL)]
    [InlineData("4", 4UL)]
    public void Validate_IdentityMiB_IsHowMuchIsMapped(string memory, ulong? identity) => Assert.Equal(
        identity << 20, _vm.Accept($"MemoryMiB={memory}", identity is null ? "IdentityMiB" : $"IdentityMiB={identity}").Machine.IdentityBytes);

    [Theory]
    [InlineData("missing; name the file to boot", "Image")]
    [InlineData("there is no file none.bin beside the scenario", "Image=none.bin")]
    [InlineData("there is no file folder", "Image=folder")]
    [InlineData("the image is empty", "Image=empty.bin")]
    [InlineData("the entry offset 0x20 is outside the image of 32 bytes", "Entry=32")]
    [InlineData("too short for an ELF header", "Boot=elf64")]
    [InlineData("not a 64-bit little-endian ELF file", "Boot=elf64", "Image=text.txt")]
    public void Validate_WrongImage_IsRefused(string problem, params string[] settings)
    {
        _vm.Folder.AddFolder("folder");
        _vm.Folder.AddFile("empty.bin", "");
        _vm.Folder.AddFile("text.txt", new string('x', 100));

        _vm.Refuse("Image", problem, settings);
    }

    [Theory]
    [InlineData("LoadAddress", "LoadAddress=low")]
    [InlineData("Entry", "Entry=-1")]
    public void Validate_AddressThatIsNoNumber_IsRefused(string key, string setting) => _vm.Refuse(key, "is no number", [setting]);

    [Theory]
    [InlineData(0, 0, "Boot=long64")]
    [InlineData(0x7C00, 0x7C04, "Boot=real16", "LoadAddress=0x7c00", "Entry=4")]
    [InlineData(0x10_0000, 0x10_001F, "Boot=protected32", "LoadAddress=1048576", "Entry=0x1f")]
    public void Validate_FlatImage_GoesWhereItIsTold(ulong address, ulong entry, params string[] settings)
    {
        var image = _vm.Accept(settings).Machine.Image;

        var segment = Assert.Single(image.Segments);
        Assert.Equal((address, VmSettings.ImageBytes), (segment.Address.Value, segment.Bytes.Length));
        Assert.Equal(entry, image.Entry.Value);
    }

    [Theory]
    [InlineData("elf64")]
    [InlineData("protected32")]
    public void Validate_ElfImage_GoesWhereItSays(string boot)
    {
        var image = _vm.Accept($"Boot={boot}", "Image=kernel.elf").Machine.Image;

        Assert.Equal((VmSettings.KernelAddress, VmSettings.KernelAddress), (Assert.Single(image.Segments).Address.Value, image.Entry.Value));
    }

    [Fact]
    public void Validate_ElfFileForLong64_IsTakenAsItIs() =>
        Assert.Equal(new FileInfo(_vm.Folder["kernel.elf"]).Length, _vm.Accept("Image=kernel.elf").Machine.Image.Segments[0].Bytes.Length);

    [Theory]
    [InlineData("Image", "outside the VM's 4 MiB of memory", "LoadAddress=0x400000")]
    [InlineData("Image", "overlaps the boot structures", "LoadAddress=0x1f6000")]
    [InlineData("Image", "outside the VM's 1 MiB of memory", "Boot=protected32", "Image=kernel.elf", "MemoryMiB=1")]
    [InlineData("Entry", "real mode cannot start at", "Boot=real16", "LoadAddress=0x10000")]
    [InlineData("MemoryMiB", "2 MiB leave no free memory", "MemoryMiB=2")]
    [InlineData("MemoryMiB", "for 200 vCPUs", "Vcpus=200")]
    [InlineData("IdentityMiB", "is outside the 2 MiB that are mapped", "LoadAddress=0x300000", "IdentityMiB=2")]
    [InlineData("IdentityMiB", "further vCPUs have their stacks at the top of memory", "Vcpus=2", "IdentityMiB=2")]
    public void Validate_WhatDoesNotFit_IsRefusedByItsKey(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, settings);

    [Fact]
    public void Validate_ArgumentsPastTheStack_AreRefused() => _vm.Refuse("Args", "each may have 131072, as on Linux", [$"Args:0={new string('x', 200_000)}"]);

    [Theory]
    [InlineData("Devices:1:Port", "another device has the port already", "Devices:0:Type=Console", "Devices:0:Port=0x3f9", "Devices:1:Type=Serial", "Devices:1:Port=0x3f8")]
    [InlineData("Devices:0:Address", "there is memory at 0x3ff000", "Devices:0:Type=RegisterBank", "Devices:0:Address=0x3ff000", "Devices:0:Length=16")]
    public void Validate_DevicesInTheWay_AreRefused(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, settings);

    [Theory]
    [InlineData(MemoryAdvice.Mergeable, "Mergeable=true")]
    [InlineData(MemoryAdvice.HugePages, "HugePages=true")]
    [InlineData(MemoryAdvice.Mergeable | MemoryAdvice.HugePages, "Mergeable=true", "HugePages=true")]
    public void Validate_Advice_IsWhatTheKernelMayDo(MemoryAdvice expected, params string[] settings) =>
        Assert.Equal(expected, _vm.Accept(settings).Machine.MemoryAdvice);

    [Fact]
    public void Validate_Regions_AreTheMemory()
    {
        var vm = _vm.Accept(Regions);

        Assert.Equal(
            [(0x1000UL, 0x1000UL, true), (0x2000UL, 0x4000UL, false), (0x10_0000UL, 0x2000UL, false), (0x20_0000UL, 0x2000UL, false)],
            vm.Plan.Ranges.Select(range => (range.Start.Value, range.Length, range.IsReadOnly)));
        Assert.Equal(RegionContent.PageTables, vm.Machine.Regions[1].Content);
    }

    [Fact]
    public void Validate_RegionForTheImage_IsWhereAFlatOneGoes()
    {
        Assert.Equal(0x10_0000UL, _vm.Accept(Regions).Machine.Image.Entry.Value);
        Assert.Equal(0x20_0010UL, _vm.Accept([.. Regions, "LoadAddress=0x200010"]).Machine.Image.Entry.Value);
    }

    [Theory]
    [InlineData("Regions:0:Size", "is no multiple of 0x1000", "Regions:0:Size=0x800")]
    [InlineData("Regions", "overlap", "Regions:0:Size=0x2000")]
    [InlineData("Regions", "more than one region holds Stack", "Regions:4:Address=0x300000", "Regions:4:Size=0x1000", "Regions:4:Holds=Stack")]
    [InlineData("Regions", "64-bit mode needs a region that holds PageTables and one that holds Gdt", "Regions:0:Holds=Nothing")]
    [InlineData("Regions", "the region has 16384", "Regions:1:MapMiB=4096")]
    [InlineData("Image", "is not inside one region", "LoadAddress=0x101ff0")]
    [InlineData("Args", "fit on each vCPU's stack", "Args:0=x", "Regions:3:Holds=Nothing")]
    [InlineData("Devices:0:Address", "there is memory at 0x100000", "Devices:0:Type=RegisterBank", "Devices:0:Address=0x100000", "Devices:0:Length=4")]
    public void Validate_WrongRegions_AreRefused(string key, string problem, params string[] settings) => _vm.Refuse(key, problem, Regions.Concat(settings));

    [Fact]
    public void Validate_NullArgument_IsRefused()
    {
        var problems = new Problems();

        new VmValidator("/x.json", problems, new WholeFiles()).Validate("Vm", new VmOptions { Boot = "long64", Args = [null!] });

        Assert.Contains(problems.Lines(), line => line.StartsWith("Vm:Args:0: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("LoadAddress", "Boot=protected32", "Image=kernel.elf", "LoadAddress=0x5000")]
    [InlineData("Entry", "Boot=protected32", "Image=kernel.elf", "Entry=7")]
    [InlineData("IdentityMiB", "MemoryMiB", "IdentityMiB=2",
        "Regions:0:Address=0x1000", "Regions:0:Size=0x1000", "Regions:0:Holds=Gdt",
        "Regions:1:Address=0x2000", "Regions:1:Size=0x4000", "Regions:1:Holds=PageTables", "Regions:1:MapMiB=4",
        "Regions:2:Address=0x100000", "Regions:2:Size=0x2000", "Regions:2:Holds=Image")]
    public void Validate_KeyWithoutEffect_IsRefused(string key, params string[] settings) => _vm.Refuse(key, "leave", settings);

    [Fact]
    public void Validate_ImageWithoutEnd_IsRefused() => _vm.Refuse("Image", "it is a device", ["Image=/dev/zero"]);
}
