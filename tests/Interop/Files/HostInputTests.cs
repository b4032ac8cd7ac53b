using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Files;

/// <summary>The process's own standard input, which these tests bring themselves.</summary>
[Collection(SerialCollection.Name)]
public sealed class HostInputTests : IDisposable
{
    private readonly StandardInput _input = new();
    private readonly EventFd _alarm = EventFd.Create();

    public void Dispose()
    {
        _input.Dispose();
        _alarm.Dispose();
    }

    [Fact]
    public void IsReady_Input_TellsWhetherAReadWouldWait()
    {
        Assert.False(HostInput.IsReady());

        _input.Write("x");
        Assert.True(HostInput.IsReady());
    }

    [Fact]
    public void IsReady_EndOfInput_IsTrue()
    {
        _input.End();

        Assert.True(HostInput.IsReady());
    }

    [Fact]
    public void Read_Input_FillsThePiecesAndEndsWithZero()
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x1000));
        var target = new GuestIoVector();
        Assert.True(target.TryAdd(memory, new GuestPhysAddr(0x10), 3));
        Assert.True(target.TryAdd(memory, new GuestPhysAddr(0x20), 10));
        _input.Write("abcde");
        _input.End();

        Assert.Equal((5, 0), (HostInput.Read(target), HostInput.Read(target)));

        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0x10), 3, out var first));
        Assert.True(memory.TryGetSpan(new GuestPhysAddr(0x20), 2, out var second));
        Assert.Equal(("abc", "de"), (Encoding.ASCII.GetString(first), Encoding.ASCII.GetString(second)));
    }

    [Fact]
    public async Task Wait_InputOrAlarm_IsOver()
    {
        var waiting = Wait();
        _input.Write("x");
        await waiting.WaitAsync(TestTime.Seconds(60));

        using var empty = new StandardInput();
        waiting = Wait();
        _alarm.Signal();
        await waiting.WaitAsync(TestTime.Seconds(60));

        Assert.False(HostInput.IsReady());
    }

    [Fact]
    public void Wait_ATime_IsOver()
    {
        HostInput.Wait(_alarm, 1_000_000);

        Assert.False(HostInput.IsReady());
    }

    private Task Wait() => Task.Factory.StartNew(() => HostInput.Wait(_alarm, -1), TaskCreationOptions.LongRunning);
}
