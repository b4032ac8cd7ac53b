using KvmActors.Host.Doctor;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Tests.Doctor;

public sealed class AbilityAdviceTests
{
    [Fact]
    public void NameOf_EachAbility_IsInWordsOfItsOwn()
    {
        var names = Enum.GetValues<KvmAbility>().Select(AbilityAdvice.NameOf).ToList();

        Assert.Equal(names.Distinct(StringComparer.OrdinalIgnoreCase), names);
        Assert.DoesNotContain(names, name => Enum.TryParse<KvmAbility>(name, out _));
    }

    [Fact]
    public void WithoutIt_EachAbility_SaysWhatToDo() => Assert.All(Enum.GetValues<KvmAbility>(), ability => Assert.NotEmpty(AbilityAdvice.WithoutIt(ability)));

    [Fact]
    public void WithoutIt_CoalescedPortIo_NamesTheKey() =>
        Assert.Contains("\"Coalesced\"", AbilityAdvice.WithoutIt(KvmAbility.CoalescedPortIo), StringComparison.Ordinal);
}
