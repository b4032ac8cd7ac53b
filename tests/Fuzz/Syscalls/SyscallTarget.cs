using System.Globalization;
using System.Text;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>
/// Sequences of system calls, with no VM. Nothing throws; nothing is read or changed that no mapping leads to, nor changed where one is
/// read-only, to the last attribute; and what each path reaches is what the model says.
/// </summary>
internal sealed class SyscallTarget : IFuzzTarget
{
    private const int MaxCalls = 12;
    private const int OutOffset = 0x10_0000, OutBytes = 0x1_0000;
    private const int TableBytes = 0x10_0000;
    private const ulong Out = SyscallGuest.User + OutOffset;

    private static readonly ulong[] Lengths = [64, 0, 1, 8, 256, 4096, 0x1_0000, 0x20_0000, int.MaxValue, ulong.MaxValue];
    private static readonly ulong[] Offsets = [0, 1, 3, 4096, 1 << 20, 1UL << 40, long.MaxValue, ulong.MaxValue];
    private static readonly ulong[] BadPointers = [0, 8, SyscallGuest.User + SyscallGuest.UserBytes - 3, SyscallGuest.User + SyscallGuest.UserBytes, 1UL << 47, ulong.MaxValue - 7];
    private static readonly uint[] OpenFlags =
    [
        0, 2, 1, 0x42, 0x41 | 0x80, 0x201, 0x242, 0x401, 0x1_0000, 0x2_0000, 0x20_0000, 0x22_0000, 0x41_0002, 0x8_0000, 0x4_0000, 0x200, 0x21_0000, 0x80, 0x40,
    ];
    private static readonly uint[] AtFlags = [0, 0x100, 0x1000, 0x200, 0x400, 0x1100, 0x800, 0xFFFF_FFFF];
    private static readonly uint[] Modes = [0x1B6, 0x1FF, 0, 0xFFF, 0x800, 0x124, 0xFFFF_FFFF];
    private static readonly FileLimits Limits = new() { OpenFiles = 12, BytesWritten = 1 << 17 };
    private static readonly byte[] Canary = Encoding.ASCII.GetBytes(WorldPlan.Canary);

    private readonly SyscallGuest _memory = new([]);
    private readonly byte[] _tables;
    private readonly VmStopSignal _stop = new();
    private readonly Silence _output = new();
    private readonly Setting?[] _settings = new Setting?[3];
    private readonly ulong[] _arguments = new ulong[6];
    private readonly List<PathArgument> _paths = [];
    private readonly StringBuilder _words = new();

    private SyscallService _service = null!;
    private GuestModel _model = null!;

    public SyscallTarget() => _tables = Tables().ToArray();

    public string Name => "syscalls";

    public TimeSpan Share => TimeSpan.FromSeconds(30);

    public void Dispose()
    {
        foreach (var setting in _settings)
        {
            setting?.Dispose();
        }

        _memory.Dispose();
        _stop.Dispose();
    }

    public string Run(FuzzInput input)
    {
        var set = input.Next(_settings.Length);
        var setting = _settings[set] ??= new Setting(set);
        try
        {
            setting.Paths.Begin(input);
            var console = new GuestConsole("fuzz", _output, 1 << 17);
            using var service = SyscallService.For(_memory.Memory, setting.Names, new FileQuotas(Limits, console.Budget), new GuestInput("input"u8.ToArray()), console);
            _service = service;
            _model = new GuestModel(setting.World, setting.View);
            if (input.IsDescribed)
            {
                input.Note(string.Join(", ", setting.World.Mappings.Select(mapping => $"{mapping.Guest} is {mapping.Host[(setting.World.Folder.Root.Length + 1)..]} ({mapping.Access})")));
            }

            var (failures, calls) = (0, 0);
            do
            {
                failures += Call(input, setting) < 0 ? 1 : 0;
            }
            while (++calls < MaxCalls && input.Next(8) > 0);

            if (setting.World.FindChange() is { } change)
            {
                throw new FuzzFailureException(change);
            }

            setting.World.Reset();
            return failures == 0 ? "all succeeded" : failures < calls ? "some succeeded" : "none succeeded";
        }
        catch (Exception e) when (Forget(set))
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    // What has failed has left something behind that must not be there.
    private bool Forget(int set)
    {
        _settings[set]!.Dispose();
        _settings[set] = null;
        return false;
    }

    private long Call(FuzzInput input, Setting setting)
    {
        if (input.OneIn(16))
        {
            return MakeHypercall(input, setting);
        }

        var shape = input.Next(8) switch
        {
            < 4 => input.Pick<CallShapes.Shape>(CallShapes.LookCalls),
            < 7 => input.Pick<CallShapes.Shape>(CallShapes.ChangeCalls),
            _ => input.Pick<CallShapes.Shape>(CallShapes.AllCalls),
        };
        input.Count(shape.Name);
        _memory.Rewind();
        _paths.Clear();
        _words.Clear();
        Array.Clear(_arguments);
        for (var index = 0; index < shape.Arguments.Length; index++)
        {
            _arguments[index] = Argument(input, shape, index, setting);
        }

        if (input.IsDescribed)
        {
            input.Note($"{shape.Name}({_words.ToString().TrimEnd(',', ' ')})");
        }

        var expected = _paths.Count > 0 ? _model.Expect(shape.Name, _paths[0], _arguments) : default;
        var result = Serve(shape.Number);
        if (input.IsDescribed)
        {
            input.Note($"  = {result}");
        }

        if (result > 0 && shape.Arguments.AsSpan().ContainsAny("BV") && _memory.Bytes(Out, OutBytes).IndexOf(Canary) >= 0)
        {
            _memory.Bytes(Out, OutBytes).Clear();
            throw new FuzzFailureException($"{shape.Name} read what no mapping leads to");
        }

        CheckStatus(shape, result, expected);
        _model.Note(shape.Name, _arguments, result, _paths);
        return result;
    }

    private long MakeHypercall(FuzzInput input, Setting setting)
    {
        _memory.Rewind();
        _paths.Clear();
        Array.Clear(_arguments);
        var result = HypercallChoice.Make(input, _memory, _service, setting.Paths.Next(input), Out, _stop, out var call);
        if (input.IsDescribed)
        {
            input.Note($"  = {result}");
        }

        var hasRead = result > 0 && _memory.Bytes(Out, OutBytes).IndexOf(Canary) >= 0;

        // A bare guest may write to the page tables that the system calls need.
        _tables.CopyTo(Tables());
        if (hasRead)
        {
            _memory.Bytes(Out, OutBytes).Clear();
            throw new FuzzFailureException("a hypercall read what no mapping leads to");
        }

        _arguments[0] = call.First;
        _model.Note(call.Number == CallNumber.Close ? "close" : "creat", _arguments, result, _paths);
        return result;
    }

    private Span<byte> Tables() =>
        _memory.Memory.TryGetSpan(new GuestPhysAddr(0), TableBytes, out var bytes) ? bytes : throw new InvalidOperationException("The guest's memory begins elsewhere.");

    private long Serve(CallNumber number) => _service.Serve(new GuestCall(
        number, AddressSpace.User(SyscallGuest.Cr3), _arguments[0], _arguments[1], _arguments[2], _arguments[3], _arguments[4], _arguments[5])).Result;

    private void CheckStatus(CallShapes.Shape shape, long result, in Expectation expected)
    {
        ulong? inode = null;
        switch (shape.Name)
        {
            case "stat" or "lstat" or "fstat" when result == 0:
                inode = Read(_arguments[1], 8);
                break;
            case "newfstatat" when result == 0:
                inode = Read(_arguments[2], 8);
                break;
            case "statx" when result == 0:
                inode = Read(_arguments[4], 32);
                break;
            case "open" or "openat" when result > 2:
                (_arguments[4], _arguments[5]) = (_arguments[0], _arguments[1]);
                (_arguments[0], _arguments[1]) = ((ulong)result, Out);
                inode = Serve((CallNumber)5) == 0 ? Read(Out, 8) : null;
                (_arguments[0], _arguments[1]) = (_arguments[4], _arguments[5]);
                break;
        }

        if (inode is { } seen && _model.IsHidden(seen))
        {
            throw new FuzzFailureException($"{shape.Name} reached inode {seen}, which no mapping leads to");
        }

        if (expected.FindProblem(shape.Name, result, inode) is { } problem)
        {
            throw new FuzzFailureException(problem);
        }
    }

    private ulong? Read(ulong address, int offset) =>
        address is >= SyscallGuest.User and < SyscallGuest.User + SyscallGuest.UserBytes - 256
            ? BitConverter.ToUInt64(_memory.Bytes(address + (ulong)offset, 8)) : null;

    private ulong Argument(FuzzInput input, CallShapes.Shape shape, int index, Setting setting)
    {
        var kind = shape.Arguments[index];
        switch (kind)
        {
            case 'P':
                return Text(input, kind, setting.Paths.Next(input), index > 0 && shape.Arguments[index - 1] == 'D' ? (int)_arguments[index - 1] : SyscallContext.CurrentDirectory);
            case 'T':
                return Text(input, kind, setting.Paths.Target(input), 0);
            case 'D':
                return Say(input, input.OneIn(3) ? (ulong)(2 + input.Next(8)) : unchecked((ulong)SyscallContext.CurrentDirectory));
            case 'F':
                return Say(input, input.Next(8) switch { < 6 and var near => (ulong)(3 + near), 6 => (ulong)input.Next(3), _ => input.Bits() });
            case 'O':
                return Say(input, input.OneIn(16) ? input.Bits() & 0xFFFF_FFFF : input.Pick<uint>(OpenFlags));
            case 'M':
                return Say(input, input.Pick<uint>(Modes));
            case 'A':
                return Say(input, shape.Name is "unlinkat" && input.OneIn(2) ? 0x200 : input.Pick<uint>(AtFlags));
            case 'B':
                return Say(input, Pointer(input, Out));
            case 'I':
                return Say(input, Pointer(input, _memory.Put("written by the guest")));
            case 'L':
                return Say(input, input.Pick<ulong>(Lengths));
            case 'J':
                return Say(input, input.Pick<ulong>(Offsets));
            case 'W':
                return Say(input, (ulong)input.Next(6));
            case 'C':
                return Say(input, input.OneIn(10) ? input.Bits() : (ulong)input.Next(4));
            case 'V':
                return Say(input, Pointer(input, Vectors(input)));
            case 'S':
                return Say(input, input.OneIn(4) ? 0 : Pointer(input, Structure(input)));
            case 'N':
                return Say(input, input.OneIn(12) ? input.Bits() : (ulong)input.Next(8));
            default:
                return Say(input, input.Next(4) switch { 0 => 0, 1 => (ulong)input.Next(16), 2 => Out, _ => input.Bits() >> input.Next(64) });
        }
    }

    private ulong Text(FuzzInput input, char kind, string text, int directory)
    {
        var address = _memory.Put(text);
        var isBad = input.OneIn(200);
        if (kind == 'P')
        {
            _paths.Add(new PathArgument(text, directory, isBad));
        }

        if (input.IsDescribed)
        {
            _words.Append(CultureInfo.InvariantCulture, $"\"{text}\", ");
        }

        return isBad ? input.Pick<ulong>(BadPointers) : address;
    }

    private ulong Say(FuzzInput input, ulong value)
    {
        if (input.IsDescribed)
        {
            _words.Append((long)value is < 0 and > -4096 ? ((long)value).ToString(CultureInfo.InvariantCulture) : $"0x{value:x}").Append(", ");
        }

        return value;
    }

    private static ulong Pointer(FuzzInput input, ulong good) => input.OneIn(40) ? input.Pick<ulong>(BadPointers) : good;

    private ulong Vectors(FuzzInput input)
    {
        Span<ulong> vectors = stackalloc ulong[8];
        for (var index = 0; index < vectors.Length; index += 2)
        {
            vectors[index] = Pointer(input, Out + (ulong)(index * 256));
            vectors[index + 1] = input.Pick<ulong>(Lengths);
        }

        return _memory.Put(System.Runtime.InteropServices.MemoryMarshal.AsBytes(vectors));
    }

    private ulong Structure(FuzzInput input)
    {
        Span<ulong> words = stackalloc ulong[8];
        foreach (ref var word in words)
        {
            word = input.OneIn(4) ? input.Bits() : (ulong)input.Next(1000);
        }

        return _memory.Put(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
    }

    /// <summary>One way to map the world, and what it takes to serve a guest with it.</summary>
    private sealed class Setting : IDisposable
    {
        public Setting(int set)
        {
            World = new World(set);
            View = new GuestView(World);
            Paths = new PathChoice(World);
            Names = FileNamespace.Open(World.Mappings, program: null);
        }

        public World World { get; }

        public GuestView View { get; }

        public PathChoice Paths { get; }

        public FileNamespace Names { get; }

        public void Dispose()
        {
            Names.Dispose();
            World.Dispose();
        }
    }
}
