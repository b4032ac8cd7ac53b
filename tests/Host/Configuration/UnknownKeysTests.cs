using KvmActors.Host.Configuration;
using Microsoft.Extensions.Configuration;

namespace KvmActors.Host.Tests.Configuration;

public sealed class UnknownKeysTests
{
    [Theory]
    [InlineData("Scenario:Name")]
    [InlineData("scenario:vms:0:vcpus")]
    [InlineData("Scenario:Vms:0:Args:7")]
    [InlineData("Scenario:Vms:0:Env:ANY_NAME")]
    [InlineData("Scenario:Vms:0:Files:0:Guest")]
    [InlineData("Scenario:Vms:0:IdentityMiB")]
    [InlineData("Scenario:Vms:0:Timeout")]
    public void Find_KnownKey_FindsNothing(string key) => Assert.Empty(Find(key));

    [Theory]
    [InlineData("Scenario:Nmae", "Scenario:Nmae")]
    [InlineData("Scenario:Vms:0:Cpus", "Scenario:Vms:0:Cpus")]
    [InlineData("Scenario:Vms:3:Files:1:Acess", "Scenario:Vms:3:Files:1:Acess")]
    [InlineData("Scenario:Vms:0:Vcpus:Count", "Scenario:Vms:0:Vcpus")]
    public void Find_UnknownKey_NamesItsPath(string key, string named) =>
        Assert.StartsWith(named, Assert.Single(Find(key)), StringComparison.Ordinal);

    private static List<string> Find(string key)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(key, "1")]).Build();
        return [.. UnknownKeys.Find(configuration.GetSection("Scenario"), typeof(ScenarioOptions))];
    }
}
