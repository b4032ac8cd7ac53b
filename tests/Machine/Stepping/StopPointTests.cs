using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Stepping;

public sealed class StopPointTests
{
    [Fact]
    public void ApplyTo_VcpuThatCannot_SaysSo()
    {
        using var vcpu = new FakeVcpu(3);

        var error = Assert.Throws<InvalidOperationException>(() => new StopPoint(0x1000, null).ApplyTo(vcpu));

        Assert.Contains("vCPU 3", error.Message, StringComparison.Ordinal);
    }
}
