using System.Runtime.InteropServices;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Functions;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Fuzz.Tests.Functions;

/// <summary>
/// Sequences of the four calls by which a guest and its host use one another's functions, with no VM, in whatever order, and what the host
/// wants meanwhile. Nothing throws or goes round for ever; nothing but the buffer that the guest named is written; what the host is given is
/// what stands there; each request ends once.
/// </summary>
internal sealed class FunctionsTarget : IFuzzTarget
{
    private const int MaxCalls = 40;

    // Where SyscallGuest has its user memory, and where all its memory ends. What is below is its page tables.
    private const ulong Physical = 0x10_0000, End = 4 << 20;

    private static readonly ulong[] Bad =
        [SyscallGuest.User + SyscallGuest.UserBytes - 8, SyscallGuest.User + SyscallGuest.UserBytes, 0, 1UL << 47, ulong.MaxValue - 7, long.MaxValue];

    private static readonly ulong[] BadPhysical = [End - 8, End, 1UL << 47, ulong.MaxValue - 7, long.MaxValue];

    private static readonly ulong[] Lengths = [64, 0, 1, 8, 15, 16, 17, 24, 4096, 0x1_0000, 64 << 20, (64 << 20) + 17, uint.MaxValue, ulong.MaxValue];

    private readonly SyscallGuest _guest = new([]);
    private readonly byte[] _before = new byte[SyscallGuest.UserBytes];
    private readonly FunctionHost _host = new();
    private FuzzInput _input = new();
    private FakeVcpu _vcpu = new(0);
    private FunctionCalls _calls = null!;
    private bool _isBare;
    private int _left;

    public string Name => "functions";

    public TimeSpan Share => TimeSpan.FromSeconds(5);

    public void Dispose() => _guest.Dispose();

    public string Run(FuzzInput input)
    {
        using var stop = new VmStopSignal();
        var vcpus = new VcpuPool();
        var exchange = new FunctionExchange(new KeptFunctions(), _host);
        _vcpu = new FakeVcpu(0) { Waited = _host.WhileWaiting };
        vcpus.Add(_vcpu);
        _host.Begin(input, exchange, _vcpu.Notify, stop);
        var context = new HypercallContext(_vcpu, _guest.Memory, stop, new ExitStatistics(HistogramRows.Shared), new CallNote())
        {
            Vcpus = vcpus,
            RunUntil = isOver =>
            {
                while (!isOver() && !stop.IsRequested)
                {
                    Step(stop);
                }

                return null;
            },
        };
        (_input, _calls, _left) = (input, new FunctionCalls(context, exchange, serving: null), MaxCalls);
        _isBare = input.OneIn(2);
        exchange.Begin(vcpus, isServing: false);
        while (!stop.IsRequested)
        {
            Step(stop);
        }

        exchange.Close();
        return _host.CheckEnds();
    }

    private void Step(VmStopSignal stop)
    {
        if (_left-- == 0)
        {
            stop.Request();
            return;
        }

        var port = _input.Pick<FunctionPort>([FunctionPort.Next, FunctionPort.Invoke, FunctionPort.Import, FunctionPort.Export]);
        _guest.Rewind();
        var (first, second, third) = port switch
        {
            FunctionPort.Next => (Buffer(out var capacity), capacity, (ulong)_input.Next(3)),
            FunctionPort.Export => (Rows(), _input.OneIn(4) ? _input.Pick<ulong>(Lengths) : (ulong)_input.Next(4), 0UL),
            FunctionPort.Import => (Text(), Text(), 0UL),
            _ => (_input.OneIn(8) ? _input.Bits() : (ulong)_input.Next(4), Buffer(out var room), room),
        };
        var space = _isBare ? AddressSpace.Physical : AddressSpace.User(SyscallGuest.Cr3);
        var (buffer, length) = port switch { FunctionPort.Next => (first, second), FunctionPort.Invoke => (second, third), _ => (0UL, 0UL) };
        Memory().CopyTo(_before);
        _vcpu.SetRdx(0);
        _host.Expect(Standing(buffer, length));
        var end = _calls.Serve(port, new GuestCall((CallNumber)(FunctionPorts.FirstNumber + (ulong)port), space, first, second, third));
        _input.Count(end is null ? port.ToString() : $"{port}, ended");
        if (_input.IsDescribed)
        {
            _input.Note($"{port}(0x{first:x}, 0x{second:x}, 0x{third:x}) = {(long)_vcpu.GetRegisters().rax}, RDX 0x{_vcpu.GetRegisters().rdx:x}");
        }

        CheckWrites(buffer, length);
    }

    // What the guest says in its buffer, when it is one: a copy.
    private byte[]? Standing(ulong buffer, ulong capacity)
    {
        var offset = Offset(buffer);
        if (offset > SyscallGuest.UserBytes - 16 || capacity < 16)
        {
            return null;
        }

        var bytes = MemoryMarshal.Read<ulong>(Memory()[((int)offset + 8)..]);
        return bytes <= Math.Min(capacity - 16, SyscallGuest.UserBytes - 16 - offset) ? Memory().Slice((int)offset + 16, (int)bytes).ToArray() : null;
    }

    private void CheckWrites(ulong buffer, ulong capacity)
    {
        // Within a session other calls were made meanwhile, each with its own buffer.
        if (_host.WasNested())
        {
            return;
        }

        var offset = Offset(buffer);
        var start = (int)Math.Min(offset, SyscallGuest.UserBytes);
        var end = start + (int)Math.Min(Math.Min(capacity, SyscallGuest.UserBytes), SyscallGuest.UserBytes - (ulong)start);
        if (!Memory()[..start].SequenceEqual(_before.AsSpan(0, start)) || !Memory()[end..].SequenceEqual(_before.AsSpan(end)))
        {
            throw new FuzzFailureException($"bytes beside the buffer at 0x{buffer:x} of {capacity} bytes were written");
        }
    }

    private ulong Offset(ulong address) => address - (_isBare ? Physical : SyscallGuest.User);

    private ulong BadAddress() => _input.Pick<ulong>(_isBare ? BadPhysical : Bad);

    private Span<byte> Memory() => _guest.Bytes(SyscallGuest.User, (int)SyscallGuest.UserBytes);

    // As the guest names it.
    private ulong AsNamed(ulong user) => _isBare ? user - SyscallGuest.User + Physical : user;

    private ulong Buffer(out ulong capacity)
    {
        capacity = _input.Pick<ulong>(Lengths);
        var address = _guest.Room(0x1_0040);
        Span<ulong> header = [_input.OneIn(4) ? _input.Bits() : 0, _input.OneIn(6) ? _input.Bits() : _input.Pick<ulong>(Lengths), _input.Bits()];
        MemoryMarshal.AsBytes(header).CopyTo(_guest.Bytes(address, 24));
        return _input.OneIn(10) ? BadAddress() : AsNamed(address + (_input.OneIn(8) ? (ulong)_input.Next(64) : 0));
    }

    private ulong Rows()
    {
        Span<ulong> rows = [Text(), Text(), Text(), Text(), Text(), Text()];
        return _input.OneIn(10) ? BadAddress() : AsNamed(_guest.Put(MemoryMarshal.AsBytes(rows)));
    }

    private ulong Text()
    {
        var text = _input.Next(6) switch
        {
            < 3 and var known => FunctionHost.Names[known],
            3 => FunctionHost.Signature,
            4 => new string('x', 127 + _input.Next(4)),
            _ => "\u00ff\u0001",
        };
        return _input.OneIn(20) ? BadAddress() : AsNamed(_guest.Put(text));
    }
}
