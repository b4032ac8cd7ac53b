using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Boot;

public class RegisterOverridesTests
{
    public static TheoryData<string> Names => new(RegisterOverrides.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void ApplyTo_EachRegister_SetsTheFieldOfItsNameAndNoOther(string name)
    {
        const ulong Value = 0x1122_3344_5566_7788;
        kvm_regs general = default;
        kvm_sregs special = default;

        new RegisterOverrides(new Dictionary<string, ulong> { [name] = Value }).ApplyTo(ref general, ref special);

        Assert.Equal([name], Fields(general).Concat(Fields(special)).Where(field => field.Value == Value).Select(field => field.Name.ToUpperInvariant()));
        Assert.Single(Fields(general).Concat(Fields(special)), field => field.Value != 0);
    }

    [Theory]
    [InlineData("rax", true)]
    [InlineData("Cr3", true)]
    [InlineData("R15", true)]
    [InlineData("R16", false)]
    [InlineData("EAX", false)]
    [InlineData("", false)]
    public void IsKnown_Name_InAnyCase(string name, bool expected) => Assert.Equal(expected, RegisterOverrides.IsKnown(name));

    [VmFact]
    public void ApplyTo_Guest_StartsWithThem()
    {
        var overrides = new RegisterOverrides(new Dictionary<string, ulong> { ["rax"] = 0x1234, ["RIP"] = 3 });
        using var vm = new BootedVm(Machines.Real16(new Code16().MovAx(7).Store(2, 0x800).Hlt()) with { Registers = overrides });

        vm.RunToHlt();

        Assert.Equal(0x1234, vm.Read<ushort>(0x800));
    }

    [Fact]
    public void None_ChangesNothing()
    {
        var general = new kvm_regs { rip = 5 };
        kvm_sregs special = default;

        RegisterOverrides.None.ApplyTo(ref general, ref special);

        Assert.Equal(("rip", 5UL), Assert.Single(Fields(general), field => field.Value != 0));
    }

    private static IEnumerable<(string Name, ulong Value)> Fields(object registers) =>
        from field in registers.GetType().GetFields()
        where field.FieldType == typeof(ulong)
        select (field.Name, (ulong)field.GetValue(registers)!);
}
