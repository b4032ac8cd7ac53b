using System.Globalization;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Tests.Sandbox;

namespace KvmActors.Interop.Tests.Memory;

/// <summary>What a guest holds stays out of the host's core dumps, and a confined thread can still look after it.</summary>
public sealed unsafe class GuestMemoryDumpTests
{
    private static readonly MemoryRange[] Ranges = [new(new GuestPhysAddr(0), 0x20_0000)];

    [Fact]
    public void Allocate_AnyMemory_IsNotDumped()
    {
        using var memory = GuestMemory.Allocate(Ranges);

        Assert.True(IsLeftOut(memory));
    }

    [Fact]
    public void ResetTo_AnotherTemplate_IsNotDumpedEither()
    {
        using var first = MemoryTemplate.Create(Ranges, _ => { });
        using var second = MemoryTemplate.Create(Ranges, _ => { });
        using var memory = GuestMemory.Map(first);
        Assert.True(IsLeftOut(memory));

        memory.ResetTo(second);

        Assert.True(IsLeftOut(memory));
    }

    [Fact]
    public void Capture_OnAConfinedThread_HoldsWhatWasWritten()
    {
        using var zero = MemoryTemplate.Create(Ranges, _ => { });
        using var memory = GuestMemory.Map(zero);
        Assert.True(memory.TryWrite(new GuestPhysAddr(0x1_2340), 0xCAFEul));
        using var sandbox = ThreadSandbox.Prepare(SandboxMode.On, []);

        using var captured = Confined.Run(sandbox, () => MemoryTemplate.Capture(memory));

        using var copy = GuestMemory.Map(captured);
        Assert.True(copy.TryRead(new GuestPhysAddr(0x1_2340), out ulong value));
        Assert.Equal(0xCAFEul, value);
    }

    // proc_pid_smaps(5): "dd" is the flag of MADV_DONTDUMP.
    private static bool IsLeftOut(GuestMemory memory)
    {
        Assert.True(memory.TryGetPointer(new GuestPhysAddr(0), 1, out var pointer));
        var start = ((ulong)pointer).ToString("x", CultureInfo.InvariantCulture) + '-';
        return File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.StartsWith(start, StringComparison.Ordinal))
            .First(line => line.StartsWith("VmFlags:", StringComparison.Ordinal)).Split(' ').Contains("dd");
    }
}
