using System.Linq.Expressions;
using System.Reflection.Emit;
using System.Runtime;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Sandbox.Native;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Sandbox;

/// <summary>What .NET does on any thread, it does on a confined one too.</summary>
public sealed class ConfinedRuntimeTests
{
    private const int GetSocket = 41, Kill = 62, Execve = 59, Ptrace = 101, OpenByHandle = 304, Clone = 56, IoUring = 425;

    [Fact]
    public void Enter_NewCode_IsCompiled()
    {
        var result = Confined.Run([], () =>
        {
            var method = new DynamicMethod("twice", typeof(int), [typeof(int)]);
            var code = method.GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Add);
            code.Emit(OpCodes.Ret);
            Expression<Func<int, int>> tripled = value => 3 * value;
            return method.CreateDelegate<Func<int, int>>()(2) + tripled.Compile()(1);
        });

        Assert.Equal(7, result);
    }

    [Fact]
    public void Enter_AssemblyThatIsNotLoaded_IsLoaded()
    {
        // Of the framework and of this program; nothing else here uses them.
        string[] names = ["System.IO.IsolatedStorage", "FsCheck"];

        var loaded = Confined.Run([], () => names.Select(name => System.Reflection.Assembly.Load(name).GetTypes().Length).ToList());

        Assert.All(loaded, types => Assert.NotEqual(0, types));
    }

    [Fact]
    public void Enter_Garbage_IsCollected()
    {
        var before = (GC.CollectionCount(0), GC.CollectionCount(2));
        Confined.Run([], () =>
        {
            var kept = new List<byte[]>();
            for (var round = 0; round < 200; round++)
            {
                kept.Add(new byte[100_000]);
                GC.Collect(round % 3, round % 2 == 0 ? GCCollectionMode.Forced : GCCollectionMode.Optimized, blocking: round % 5 == 0);
            }

            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return kept.Count;
        });

        Assert.True(GC.CollectionCount(0) > before.Item1 && GC.CollectionCount(2) > before.Item2);
    }

    [Fact]
    public void Enter_CollectorKnowsAboutMemory_AsElsewhere()
    {
        GC.Collect();
        var outside = GC.GetGCMemoryInfo(GCKind.Any);
        var inside = Confined.Run([], () =>
        {
            GC.Collect();
            return GC.GetGCMemoryInfo(GCKind.Any);
        });

        Assert.Equal(outside.TotalAvailableMemoryBytes, inside.TotalAvailableMemoryBytes);
        Assert.InRange(inside.MemoryLoadBytes, outside.MemoryLoadBytes / 2, outside.TotalAvailableMemoryBytes);
    }

    [Fact]
    public void Enter_Exception_HasItsStack()
    {
        var stack = Confined.Run([], () =>
        {
            try
            {
                throw new InvalidOperationException("on purpose");
            }
            catch (InvalidOperationException e)
            {
                return e.ToString();
            }
        });

        Assert.Contains($"{nameof(ConfinedRuntimeTests)}.cs:line", stack);
    }

    [Fact]
    public void Enter_NewThread_RunsAndIsConfinedToo()
    {
        var refused = Confined.Run([], () =>
        {
            var result = Errno.None;
            var thread = new Thread(() => result = Call(GetSocket, 2, 1)) { Name = "made inside" };
            thread.Start();
            thread.Join();
            return result;
        });

        Assert.Equal(Errno.EPERM, refused);
    }

    [Fact]
    public void Enter_SignalOfThisProcess_ArrivesOutside()
    {
        // What stops other threads for a collection: tgkill, here with a signal that is ignored.
        var target = LibC.gettid();

        Assert.Equal(0, Confined.Run([], () => LibC.tgkill(LibC.getpid(), target, 0)));
        Assert.NotEqual(0, Confined.Run([], () => LibC.tgkill(1, 1, 0)));
    }

    [Fact]
    public void Enter_SystemCallsOutsideTheList_AreRefused()
    {
        var refused = Confined.Run([], () => new[]
        {
            Call(GetSocket, 2, 1), Call(Kill, LibC.getpid(), 0), Call(Ptrace, 0), Call(OpenByHandle, -1), Call(IoUring, 1),
            Confined.Call(Execve, "/bin/true"), Call(SandboxApi.SYS_unshare, SandboxApi.CLONE_FS), Confined.Call(SandboxApi.SYS_mount, "/"),
            Call(SandboxApi.SYS_setns, -1), Call(Clone, 0x10000000 | 17), Call(Clone, 17), Call(LibC.SYS_ioctl, 0, 0x5412),
            Call(LibC.SYS_ioctl, 0, 0xAE01), Call(LibC.SYS_fcntl, 0, 8, 1), Call(SandboxApi.SYS_capset, 0, 0), Call(0x40000000, 0),
        });

        Assert.All(refused, errno => Assert.Equal(Errno.EPERM, errno));
    }

    private static Errno Call(int number, nint first, nint second = 0, nint third = 0)
    {
        var result = LibC.Call(number, first, second, third);
        return result < 0 ? (Errno)(-result) : Errno.None;
    }
}
