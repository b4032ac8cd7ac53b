using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>Programs with threads, run on the host and in a VM: the same bytes and the same exit status.</summary>
public sealed class ThreadTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    [VmTheory]
    [InlineData("create")]
    [InlineData("many")]
    [InlineData("lock")]
    [InlineData("hand-over")]
    [InlineData("local")]
    [InlineData("signals")]
    [InlineData("interrupt")]
    [InlineData("masks")]
    [InlineData("storm")]
    [InlineData("robust")]
    [InlineData("clone3")]
    [InlineData("shoot-down")]
    [InlineData("memory")]
    [InlineData("names")]
    [InlineData("membarrier")]
    [InlineData("main-exits")]
    [InlineData("exit-group")]
    public async Task Run_Threads_IsAsOnTheHost(string what)
    {
        var program = programs.PathOf("threads", isPie: false);

        var host = await Capture.OnHostAsync(program, [what]);
        var vm = await Capture.InVmAsync(["--vcpus", "2", program, what]);

        Assert.Equal((Encoding.UTF8.GetString(host.Output), host.Error), (Encoding.UTF8.GetString(vm.Output), vm.Error));
        Assert.Equal(host.ExitCode, vm.ExitCode);
    }

    [VmFact]
    public async Task Run_ThreadThatCrashes_EndsAllAndIsNamed()
    {
        var program = programs.PathOf("threads", isPie: true);

        var host = await Capture.OnHostAsync(program, ["crash"]);
        var vm = await Capture.InVmAsync([program, "crash"]);

        Assert.Equal(host.ExitCode, vm.ExitCode);
        Assert.Contains("thread 3 (crasher): #PF page fault at 0x8 (write to an unmapped page)", vm.Error, StringComparison.Ordinal);
    }
}
