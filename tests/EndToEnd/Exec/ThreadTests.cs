using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>
/// Programs with threads, run on the host and in a VM: the same bytes and the same exit status. <c>THREAD_ROUNDS</c> says how often each one
/// runs; more than once only where somebody looks for what happens seldom.
/// </summary>
public sealed class ThreadTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    private static readonly int Rounds = RoundCount.Of("THREAD_ROUNDS", 1);

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
        for (var round = 0; round < Rounds; round++)
        {
            var vm = await Capture.InVmAsync(["--vcpus", "2", program, what]);

            Assert.Equal((host.ExitCode, Encoding.UTF8.GetString(host.Output), host.Error), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
        }
    }

    [VmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_LocksWaitsWritesAndSignalsAtOnce_AreAsOnTheHost(bool isPie)
    {
        using var folder = new TempFolder();
        var program = programs.PathOf("thread_stress", isPie);

        var host = await Capture.OnHostAsync(program, [Path.Combine(folder.Root, "lines"), "20"]);
        for (var round = 0; round < Rounds; round++)
        {
            var vm = await Capture.InVmAsync(["--map", $"{folder.Root}:/scratch:rw", "--vcpus", "2", program, "/scratch/lines", "20"]);

            Assert.Equal((0, Encoding.UTF8.GetString(host.Output), ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
        }
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
