using System.Text;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Linux.Tests.Hypercalls;

/// <summary>Calls as guests make them, on the real device.</summary>
public sealed class HypercallHandlerTests : IDisposable
{
    private const uint Results = 0x30_0000, Structure = 0x30_1000, Path = 0x30_2000, Buffer = 0x30_3000;
    private const uint MemoryEnd = 4 << 20;

    private readonly TempFolder _folder = new();

    public HypercallHandlerTests() => _folder.AddFile("file", "0123456789");

    public void Dispose() => _folder.Dispose();

    [VmFact]
    public void Handle_OpenReadSeekClose_IsAFilesLife()
    {
        var code = new Code64();
        Call(code, HypercallPort.Open, Path, result: 0);
        Call(code, HypercallPort.Read, Structure, result: 1);
        Call(code, HypercallPort.Lseek, Structure + 0x100, result: 2);
        Call(code, HypercallPort.Close, 3, result: 3);
        Call(code, HypercallPort.Read, Structure, result: 4);
        using var vm = Guest(code);
        vm.Write(Path, "/data/file\0"u8);
        Put(vm, Structure, 3, Buffer, 4);
        vm.Write(Structure + 0x100, 3U);
        vm.Write(Structure + 0x104, -2);
        vm.Write(Structure + 0x108, 2U);

        Assert.Equal(VcpuEndKind.Halted, vm.Run().Kind);

        Assert.Equal([3, 4, 8, 0, -(int)Errno.EBADF], Enumerable.Range(0, 5).Select(index => Result(vm, index)));
        Assert.Equal("0123"u8.ToArray(), BitConverter.GetBytes(vm.Read<uint>(Buffer)));
        Assert.Equal(
            [(CallNumber.Read, 2L), (CallNumber.Open, 1L), (CallNumber.Close, 1L), (CallNumber.Lseek, 1L)],
            vm.Statistics.Calls.Select(row => ((CallNumber)row.Number, row.Durations.Count)));
    }

    [VmFact]
    public void Handle_Random_FillsMemory()
    {
        var code = new Code64();
        code.Out((ushort)HypercallPort.Random, Structure).Store(Results, rax);
        code.Out((ushort)HypercallPort.Random, Structure + 0x100).Store(Results + 8, rax);
        code.Out((ushort)HypercallPort.Random, Structure + 0x200).Store(Results + 16, rax);
        using var vm = Guest(code);
        Put(vm, Structure, Buffer, 64);
        Put(vm, Structure + 0x100, Buffer, 65);
        Put(vm, Structure + 0x200, MemoryEnd - 8, 16);

        vm.Run();

        Assert.Equal([0L, -(long)Errno.EINVAL, -(long)Errno.EFAULT], Enumerable.Range(0, 3).Select(index => vm.Read<long>(Results + ((uint)index * 8))));
        Assert.NotEqual(0UL, vm.Read<ulong>(Buffer) | vm.Read<ulong>(Buffer + 56));
    }

    [VmFact]
    public void Handle_WriteBetweenConsoleBytes_KeepsTheOrder()
    {
        var code = new Code64().Print("a");
        Call(code, HypercallPort.Write, Structure, result: 0);
        using var vm = Guest(code.Print("c"));
        vm.Write(Buffer, "b"u8);
        Put(vm, Structure, 1, Buffer, 1);

        vm.Run();

        Assert.Equal((1, "abc"), (Result(vm, 0), vm.Output.Text()));
    }

    [VmFact]
    public void Handle_Pread_ReturnsInRaxWithoutAnIn()
    {
        var code = new Code64();
        Call(code, HypercallPort.Open, Path, result: 0);
        code.Out((ushort)HypercallPort.Pread, Structure).Store(Results + 8, rax);
        using var vm = Guest(code);
        vm.Write(Path, "/data/file\0"u8);
        Put(vm, Structure, 3, Buffer, 100, 7);

        vm.Run();

        Assert.Equal((3UL, 0x39_3837U), (vm.Read<ulong>(Results + 8), vm.Read<uint>(Buffer)));
    }

    [VmFact]
    public void Handle_NegativeResultInRax_IsSignExtended()
    {
        using var vm = Guest(new Code64().Out(0x80FF, 0).Store(Results, rax));

        vm.Run();

        Assert.Equal(Errno.ENOSYS.ToResult(), vm.Read<long>(Results));
    }

    [VmTheory]
    [InlineData(HypercallPort.Open, MemoryEnd, Errno.EFAULT)]
    [InlineData(HypercallPort.Open, uint.MaxValue, Errno.EFAULT)]
    [InlineData(HypercallPort.Read, MemoryEnd - 23, Errno.EFAULT)]
    [InlineData(HypercallPort.Write, uint.MaxValue - 7, Errno.EFAULT)]
    [InlineData(HypercallPort.Lseek, MemoryEnd - 11, Errno.EFAULT)]
    [InlineData(HypercallPort.Lseek, MemoryEnd - 12, Errno.ESPIPE)]
    [InlineData(HypercallPort.Close, uint.MaxValue, Errno.EBADF)]
    [InlineData((HypercallPort)0x8006, 0, Errno.ENOSYS)]
    [InlineData((HypercallPort)0x800F, 0, Errno.ENOSYS)]
    public void Handle_BadArgument_IsItsErrno(HypercallPort port, uint argument, Errno expected)
    {
        using var vm = Guest(Call(new Code64(), port, argument, result: 0));

        Assert.Equal(VcpuEndKind.Halted, vm.Run().Kind);

        Assert.Equal(-(int)expected, Result(vm, 0));
    }

    [VmTheory]
    [InlineData(1UL << 32)]
    [InlineData((1UL << 32) + 1)]
    [InlineData(1UL << 31)]
    [InlineData(ulong.MaxValue)]
    public void Handle_DescriptorThatDoesNotFit_IsEbadf(ulong fd)
    {
        using var vm = Guest(Call(new Code64(), HypercallPort.Write, Structure, result: 0));
        Put(vm, Structure, fd, Buffer, 1);

        vm.Run();

        Assert.Equal((-(int)Errno.EBADF, ""), (Result(vm, 0), vm.Output.Text()));
    }

    [VmFact]
    public void Handle_InWithNoCallBefore_IsEinvalAndAResultIsGivenOnce()
    {
        // in; close(1); in; in
        var code = new Code64().Mov(rdx, (ulong)HypercallPort.Close).InEaxDx().Store(Results, rax);
        Call(code, HypercallPort.Close, 1, result: 1);
        code.InEaxDx().Store(Results + 16, rax);
        using var vm = Guest(code);

        vm.Run();

        Assert.Equal([-(int)Errno.EINVAL, 0, -(int)Errno.EINVAL], Enumerable.Range(0, 3).Select(index => Result(vm, index)));
    }

    // The call number is the port, and the argument is 32 bits: a shorter `out` cannot carry it.
    [VmFact]
    public void Handle_OutOfOneByte_IsEinvalAndDoesNothing()
    {
        var code = new Code64().Mov(rdx, (ulong)HypercallPort.Close).Mov(rax, 1).Asm(a => a.@out(dx, al)).InEaxDx().Store(Results, rax);
        Call(code, HypercallPort.Close, 1, result: 1);
        using var vm = Guest(code);

        vm.Run();

        Assert.Equal((-(int)Errno.EINVAL, 0), (Result(vm, 0), Result(vm, 1)));
    }

    [VmFact]
    public void Handle_InOfOneByte_IsTheResultsLowest()
    {
        var code = new Code64();
        code.Out((ushort)HypercallPort.Close, 99).Mov(rax, 0).Asm(a => a.@in(al, dx)).Store(Results, rax);
        using var vm = Guest(code);

        vm.Run();

        Assert.Equal(256 - (ulong)Errno.EBADF, vm.Read<ulong>(Results));
    }

    [VmTheory]
    [InlineData(0, 0)]
    [InlineData(42, 42)]
    [InlineData(uint.MaxValue, -1)]
    public void Handle_Exit_EndsWithItsStatus(uint argument, int status)
    {
        using var vm = Guest(new Code64().Out((ushort)HypercallPort.Exit, argument));

        Assert.Equal(new VcpuEnd(VcpuEndKind.Exited, Status: status), vm.Run());
    }

    [VmTheory]
    [InlineData("out of coffee", "out of coffee")]
    [InlineData("  two\nlines\t\u001b[31m ", "two lines  [31m")]
    [InlineData("", "")]
    [InlineData("é", "é")]
    public void Handle_Panic_EndsWithItsMessageInOneLine(string message, string expected)
    {
        using var vm = Guest(new Code64().Out((ushort)HypercallPort.Panic, Buffer));
        vm.Write(Buffer, Encoding.UTF8.GetBytes(message + "\0"));

        Assert.Equal(new VcpuEnd(VcpuEndKind.Panicked, Message: expected), vm.Run());
    }

    [VmFact]
    public void Handle_PanicWithAnEndlessMessage_IsCut()
    {
        using var vm = Guest(new Code64().Out((ushort)HypercallPort.Panic, Buffer));
        vm.Write(Buffer, Enumerable.Repeat((byte)'x', 0x2000).ToArray());

        Assert.Equal(new string('x', 1024) + "…", vm.Run().Message);
    }

    [VmFact]
    public void Handle_PanicOutsideMemory_SaysWhere()
    {
        using var vm = Guest(new Code64().Out((ushort)HypercallPort.Panic, 0xDEAD_0000));

        Assert.Equal("panic with a message outside memory, at 0xdead0000", vm.Run().Message);
    }

    [VmFact]
    public void Handle_Syscall_FollowsUserPagesAndAsksForThoseItMayNotTouch()
    {
        // write(1, Buffer, 5), then the same from a page users may not touch
        var code = new Code64();
        foreach (var (index, address) in new[] { Buffer, 0x10_0000U }.Index())
        {
            code.Mov(rdi, 1).Mov(rsi, (ulong)address).Mov(rcx, 5)
                .Mov(rdx, (ulong)HypercallPort.Syscall).Mov(rax, 1).OutDxEax()
                .Store(Results + ((uint)index * 16), rax).Store(Results + ((uint)index * 16) + 8, rdx);
        }

        using var vm = Guest(code);
        vm.Write(Buffer, "hello"u8);
        vm.Write(0x1F_9008UL, vm.Read<ulong>(0x1F_9008) | PageTables.User);

        vm.Run();

        Assert.Equal((5L, (ulong)HypercallPort.Syscall), (vm.Read<long>(Results), vm.Read<ulong>(Results + 8)));

        // The call's number stays in RAX, and RDX says which page it needs.
        Assert.Equal((1L, 0x8000_0000_0010_0000UL), (vm.Read<long>(Results + 16), vm.Read<ulong>(Results + 24)));
        Assert.Equal("hello", vm.Output.Text());
    }

    [VmFact]
    public void Handle_UnknownSyscall_IsEnosys()
    {
        using var vm = Guest(new Code64().Mov(rdx, (ulong)HypercallPort.Syscall).Mov(rax, 57).OutDxEax().Store(Results, rax));

        vm.Run();

        Assert.Equal(Errno.ENOSYS.ToResult(), vm.Read<long>(Results));
    }

    // Some processors may put a whole string instruction into one exit.
    [Theory]
    [InlineData(4, 4, Errno.None)]
    [InlineData(1, 4, Errno.EINVAL)]
    [InlineData(2, 4, Errno.EINVAL)]
    [InlineData(4, 8, Errno.EINVAL)]
    [InlineData(1, 1, Errno.EINVAL)]
    public void Handle_OutputOfSeveralPieces_IsNoCall(byte size, int bytes, Errno expected)
    {
        using var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), MemoryRange.PageSize));
        using var stop = new VmStopSignal();
        var gate = new SyscallGate(new NoQueue());
        gate.Open(SyscallService.OpenFor(memory, [], new FileLimits(), new GuestInput(Array.Empty<byte>()), new GuestConsole("vm", new RecordingOutput(), 1)));
        var handler = new HypercallHandler(new HypercallContext(new FakeVcpu(0), memory, stop, new ExitStatistics(HistogramRows.Shared), new CallNote()), gate);

        Assert.Null(handler.Handle(new IoExit(isOut: true, size, (ushort)HypercallPort.Close, new byte[bytes].AsSpan())));
        var result = new byte[sizeof(int)];
        Assert.Null(handler.Handle(new IoExit(isOut: false, sizeof(int), (ushort)HypercallPort.Close, result)));

        Assert.Equal(expected.ToResult(), BitConverter.ToInt32(result));
        gate.Close();
    }

    // out, in, and the result where the test finds it.
    private static Code64 Call(Code64 code, HypercallPort port, uint argument, int result) =>
        code.Out((ushort)port, argument).InEaxDx().Store(Results + ((uint)result * 8), rax);

    private static int Result(LoopVm vm, int index) => vm.Read<int>(Results + ((ulong)index * 8));

    private static void Put(LoopVm vm, ulong address, params ReadOnlySpan<ulong> values)
    {
        foreach (var value in values)
        {
            vm.Write(address, value);
            address += sizeof(ulong);
        }
    }

    private LoopVm Guest(Code64 code) =>
        new(Machines.Long64(code.Hlt()), files: [new FileMapping("/data", _folder.Root, MappingAccess.Read)]);
}
