using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Linux.Tracing;

namespace KvmActors.Linux.Tests.Tracing;

public sealed class SyscallTracerTests : IDisposable, ISyscallTraceOutput
{
    private const long ENOENT = -2;
    private readonly SyscallGuest _guest = new([]);
    private readonly List<string> _lines = [];

    public void Dispose() => _guest.Dispose();

    void ISyscallTraceOutput.WriteLine(string vm, string line) => _lines.Add($"{vm} {line}");

    [Fact]
    public void Served_Open_ShowsPathFlagsModeAndError()
    {
        var path = _guest.Put("/etc/motd");

        Serve("openat", ENOENT, unchecked((ulong)-100), path, 0x80000);
        Serve("open", 3, path, 0x241, 0x1A4);

        Assert.Equal(
            [
                "vm openat(AT_FDCWD, \"/etc/motd\", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)",
                "vm open(\"/etc/motd\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3",
            ],
            _lines);
    }

    [Fact]
    public void Served_Buffers_AreQuotedAndBounded()
    {
        var bytes = _guest.Put("a\"\\\n\t\u001b1\u00ff");
        var much = _guest.Put(new string('x', 100));

        Serve("write", 8, 1, bytes, 8);
        Serve("read", 100, 0, much, 4096);
        Serve("read", 0, 0, much, 4096);

        Assert.Equal("vm write(1, \"a\\\"\\\\\\n\\t\\0331\\377\", 8)", _lines[0].Split(" =")[0].TrimEnd());
        Assert.Equal($"vm read(0, \"{new string('x', 32)}\"..., 4096) = 100", _lines[1]);
        Assert.StartsWith("vm read(0, \"\", 4096) ", _lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Served_Structures_AreShown()
    {
        var time = _guest.Put((1L, 500L));
        var vector = _guest.Put((_guest.Put("hello"), 5UL));
        var limit = _guest.Put((0UL, ulong.MaxValue));

        Serve("clock_gettime", 0, 1, time);
        Serve("writev", 5, 1, vector, 1);
        Serve("prlimit64", 0, 0, 3, 0, limit);
        Serve("mmap", 0x1000, 0, 4096, 3, 0x22, ulong.MaxValue, 0);
        Serve("rt_sigprocmask", 0, 0, _guest.Put(0x4002UL), 0, 8);

        Assert.Equal("vm clock_gettime(CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=500}) = 0", _lines[0]);
        Assert.Equal("vm writev(1, [{iov_base=\"hello\", iov_len=5}], 1) = 5", _lines[1]);
        Assert.Equal("vm prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=0, rlim_max=RLIM64_INFINITY}) = 0", _lines[2]);
        Assert.Equal("vm mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, NULL) = 0x1000", _lines[3]);
        Assert.Equal("vm rt_sigprocmask(SIG_BLOCK, [INT TERM], NULL, 8) = 0", _lines[4]);
    }

    [Fact]
    public void Served_WaitsForFilesAndTimes_AreShown()
    {
        var two = _guest.Put((1u, 5u, 0u, 0x8000_0014u, 7u, 1u));
        var timer = _guest.Put((0L, 5L, 1L, 0L));

        Serve("epoll_ctl", 0, 3, 1, 4, two);
        Serve("epoll_wait", 2, 3, two, 8, ulong.MaxValue);
        Serve("timerfd_settime", 0, 5, 1, timer, 0);
        Serve("eventfd2", 4, 1, 0x80001);
        Serve("futex", 0, 0x5000, 393, 2, 0, 0, 1);

        Assert.Equal("vm epoll_ctl(3, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=5, u64=5}}) = 0", _lines[0]);
        Assert.Equal(
            "vm epoll_wait(3, [{events=EPOLLIN, data={u32=5, u64=5}}, {events=EPOLLOUT|EPOLLHUP|EPOLLET, data={u32=7, u64=4294967303}}], 8, -1) = 2", _lines[1]);
        Assert.Equal("vm timerfd_settime(5, TFD_TIMER_ABSTIME, {it_interval={tv_sec=0, tv_nsec=5}, it_value={tv_sec=1, tv_nsec=0}}, NULL) = 0", _lines[2]);
        Assert.Equal("vm eventfd2(1, EFD_SEMAPHORE|EFD_CLOEXEC) = 4", _lines[3]);
        Assert.StartsWith("vm futex(0x5000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 2, NULL, NULL, 1) ", _lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void Served_AnyCallWithAnyArguments_IsALine()
    {
        var random = new Random(1);
        var tracer = new SyscallTracer(_guest.Memory, "vm", this);
        for (var round = 0; round < 3000; round++)
        {
            ulong Argument() => random.Next(4) switch { 0 => (ulong)random.Next(200), 1 => SyscallGuest.User + (ulong)random.Next(1 << 21), 2 => (ulong)random.NextInt64(), _ => ulong.MaxValue - (ulong)random.Next(200) };
            var call = new GuestCall((CallNumber)random.Next(-2, 460), AddressSpace.User(SyscallGuest.Cr3), Argument(), Argument(), Argument(), Argument(), Argument(), Argument());
            tracer.Served(call, random.Next(-200, 200));
        }

        Assert.Equal(3000, _lines.Count);
        Assert.All(_lines, line => Assert.True(line.Length < 20_000 && line.All(character => character is >= ' ' and < '\u007f'), line));
    }

    [Fact]
    public void Entered_Calls_AreShownWhenTheyReturnOrNever()
    {
        var tracer = new SyscallTracer(_guest.Memory, "vm", this);

        tracer.Entered(Call("brk", 0));
        tracer.Returned(0x5000);
        tracer.Returned(7);
        tracer.Entered(Call("kill", 1, 6));
        tracer.Killed(6);
        tracer.Entered(Call("exit_group", 3));
        tracer.Exited(3);

        Assert.Equal(
            [
                "vm brk(NULL)                              = 0x5000",
                "vm kill(1, SIGABRT)                       = ?",
                "vm +++ killed by SIGABRT +++",
                "vm exit_group(3)                          = ?",
                "vm +++ exited with 3 +++",
            ],
            _lines);
    }

    [Fact]
    public void Signatures_EverySystemCallThatIsServed_HasOneWithItsArguments()
    {
        foreach (var row in SyscallTable.Rows)
        {
            Assert.Contains(row.Number, SyscallSignatures.Numbers);
            Assert.True(SyscallSignatures.Of(row.Number).Length == row.Arguments, $"{row.Name}: {SyscallSignatures.Of(row.Number).Length} arguments, and it has {row.Arguments}");
        }
    }

    private void Serve(string name, long result, params ReadOnlySpan<ulong> arguments) =>
        new SyscallTracer(_guest.Memory, "vm", this).Served(Call(name, arguments), result);

    private static GuestCall Call(string name, params ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> all = stackalloc ulong[6];
        arguments.CopyTo(all);
        return new GuestCall((CallNumber)SyscallNames.NumberOf(name), AddressSpace.User(SyscallGuest.Cr3), all[0], all[1], all[2], all[3], all[4], all[5]);
    }
}
