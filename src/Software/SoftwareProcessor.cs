using System.Diagnostics;
using System.Runtime.InteropServices;
using KvmActors.Interop.Files;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Software.Decoding;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <summary>A vCPU in software: its exits look as KVM's do.</summary>
internal sealed partial class SoftwareProcessor : IVcpu, IInstructionCounter, IVcpuWatch
{
    // In instructions: the guest's kernel is left within some hundred.
    private const ulong UntilNextLook = 100;

    private readonly SoftwareMachine _machine;
    private readonly ExitPage _page = new();
    private readonly Cpu _cpu;
    private readonly BlockCache _blocks;
    private readonly Interpreter _interpreter;
    private readonly Func<bool> _isKicked;
    private readonly VcpuAlarm _alarm = new();
    private readonly VcpuEntry _entry;
    private ulong _noticeAt = ulong.MaxValue;
    private int _hasNotice;
    private ulong _turnEnds;
    private ulong _began;
    private ulong _counted;
    private long _seen;

    /// <summary>Makes one in its reset state.</summary>
    public SoftwareProcessor(int index, PhysicalMemory memory, SoftwareMachine machine)
    {
        _machine = machine;
        _cpu = new Cpu(index, memory, machine)
        {
            HasHostTime = machine.Clock is null,
            Unknown = machine.Unknown,
            VectorFeatures = InstructionSet.VectorFeatures,
        };
        _blocks = new BlockCache(_cpu, new Translator(InstructionSet.Table));
        _interpreter = new Interpreter(_cpu, _blocks);
        _entry = new VcpuEntry(_interpreter.Kick);
        _isKicked = () => _interpreter.IsKicked;
    }

    /// <inheritdoc/>
    public int Index => _cpu.Index;

    /// <inheritdoc/>
    public CoalescedWrites CoalescedWrites => default;

    /// <summary>Its state, for tests.</summary>
    public Cpu Cpu => _cpu;

    /// <summary>Its decoded blocks, for tests.</summary>
    public BlockCache Blocks => _blocks;

    /// <summary>What its machine's guests met and nothing executes.</summary>
    public UnknownInstructions Unknown => _machine.Unknown;

    /// <inheritdoc/>
    public Backend Backend => Backend.Software;

    /// <inheritdoc/>
    public bool StepsUnseen => true;

    /// <inheritdoc/>
    public ulong StopsAt { get; set; } = ulong.MaxValue;

    /// <inheritdoc/>
    public ulong Instructions => _cpu.Retired;

    /// <inheritdoc/>
    public bool IsOutOfInstructions => _machine.InstructionsLeft == 0;

    // Of this run.
    private ulong Executed => _cpu.Retired - _began;

    /// <summary>Begins a run: its time and its random numbers start anew.</summary>
    /// <param name="seed">What random numbers come of.</param>
    public void Begin(ulong seed)
    {
        _began = _counted = _cpu.Retired;
        (_turnEnds, _seen) = (0, 0);
        if (_machine.Clock is null)
        {
            HostRandom.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        }

        _cpu.RandomState = GuestRandom.Mix(GuestRandom.Mix(seed) + (ulong)Index);
    }

    /// <inheritdoc/>
    public void BindToCurrentThread()
    {
        // A kick is a flag: it needs to know no thread.
    }

    /// <inheritdoc/>
    public void Unbind() => _machine.Turns?.Leave(Index);

    /// <inheritdoc/>
    public VcpuExit Run()
    {
        TakeAnswer();

        // Whoever had the exit, or the turn, may have written to memory.
        _blocks.NoteOtherWriters();
        var stop = _machine.Turns is { } turns ? RunByTurns(turns) : RunUntil(StopsAt);
        return stop == InterpreterStop.Request ? Exit() : _page.Plain(VcpuExitReason.Intr);
    }

    /// <inheritdoc/>
    public VcpuExit CompleteInstruction()
    {
        Kick();
        TakeAnswer();
        _interpreter.FinishInstruction();
        Count();
        return _cpu.Request.Kind == HostRequestKind.None ? _page.Plain(VcpuExitReason.Intr) : Exit();
    }

    /// <inheritdoc/>
    public void Kick()
    {
        _interpreter.Kick();
        _machine.Turns?.Wake(Index);
    }

    /// <inheritdoc/>
    public void ClearKick() => _interpreter.ClearKick();

    /// <inheritdoc/>
    public void Wake()
    {
        _alarm.Set();
        _machine.Turns?.Rouse(Index);
    }

    /// <inheritdoc/>
    public void Notify()
    {
        Interlocked.Exchange(ref _hasNotice, 1);
        Wake();
        Kick();
    }

    /// <inheritdoc/>
    public bool HasNotice => Volatile.Read(ref _hasNotice) != 0;

    /// <inheritdoc/>
    public void TakeNotice()
    {
        Volatile.Write(ref _hasNotice, 0);
        _noticeAt = ulong.MaxValue;
    }

    /// <inheritdoc/>
    public void NotifyLater(bool isWanted = true) => _noticeAt = isWanted ? Instructions + UntilNextLook : ulong.MaxValue;

    /// <inheritdoc/>
    public void Yield()
    {
        if (_machine.Turns is { } turns)
        {
            _turnEnds = 0;
            turns.Pass(Index);
        }
        else
        {
            Thread.Yield();
        }
    }

    /// <inheritdoc/>
    public long TimeStampFrequency => 1_000_000_000;

    // What passes of itself is the machine's time, up to the last look at it.
    /// <inheritdoc/>
    public long? TimeStampOffset => (long)(_machine.Clock is null ? _cpu.TscOffset : _cpu.TimeStamp - (ulong)_seen);

    /// <inheritdoc/>
    public ulong ReadTimeStamp() => _machine.Clock is { } clock ? _cpu.TimeStamp + (ulong)(clock.Now - _seen) : _cpu.TimeStamp;

    /// <inheritdoc/>
    public void SetTimeStampOffset(long offset) => _cpu.TscOffset += (ulong)(offset - TimeStampOffset!.Value);

    /// <inheritdoc/>
    public bool Wait(VmStopSignal stopSignal, in VcpuWait wait)
    {
        if (_machine.Clock is not { } clock || wait.IsThrottle)
        {
            // Slowing a guest down must not change what the others do: the turn is kept.
            return stopSignal.Park(wait, _alarm);
        }

        if (_machine.Turns is not { } turns)
        {
            var (moment, parked) = (clock.Now, Stopwatch.GetTimestamp());
            var isOver = stopSignal.Park(wait, _alarm);
            clock.AdvanceTo(moment + (long)Stopwatch.GetElapsedTime(parked).TotalNanoseconds);
            return isOver;
        }

        if (!wait.ForInput)
        {
            stopSignal.BeginWait();
            try
            {
                return turns.Sleep(Index, wait.Nanoseconds, stopSignal);
            }
            finally
            {
                stopSignal.EndWait();
            }
        }

        if (HostInput.IsReady())
        {
            return !stopSignal.IsRequested;
        }

        // When input comes is nothing that could be the same every time: so much time passes as does outside.
        turns.Leave(Index);
        var began = Stopwatch.GetTimestamp();
        var goesOn = stopSignal.Park(wait, _alarm);
        if (turns.Take(Index, () => stopSignal.IsRequested))
        {
            var passed = (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds;
            clock.Advance(wait.Nanoseconds < 0 ? passed : Math.Min(passed, wait.Nanoseconds));
        }

        return goesOn;
    }

    /// <summary>Forgets translations of addresses.</summary>
    public void ForgetPageTables() => _cpu.Tlb.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        _machine.Turns?.Leave(Index);
        _blocks.Clear();
        _machine.Forget(this);
        _alarm.Dispose();
    }

    private InterpreterStop RunByTurns(Turns turns)
    {
        while (turns.Take(Index, _isKicked))
        {
            // A turn goes on where an exit interrupted it.
            _turnEnds = _turnEnds > Instructions ? _turnEnds : Instructions + Turns.Length;
            var until = Math.Min(StopsAt, _turnEnds);
            var left = _machine.InstructionsLeft;
            var stop = RunUntil(left < until - Math.Min(until, Instructions) ? Instructions + left : until);
            if (stop != InterpreterStop.Counted || Instructions >= StopsAt || IsOutOfInstructions)
            {
                return stop;
            }

            turns.Pass(Index);
            _blocks.NoteOtherWriters();
        }

        return InterpreterStop.Kicked;
    }

    // Who takes turns does not execute while another one asks: it forgets when its turn comes.
    internal void RequestFlush() => _entry.RequestFlush();

    internal void AwaitFlush()
    {
        if (_machine.Turns is null)
        {
            _entry.AwaitFlush();
        }
    }

    private InterpreterStop RunUntil(ulong until)
    {
        if (_entry.Enter())
        {
            _cpu.Tlb.Flush();
        }

        if (_machine.Clock is { } clock)
        {
            // What the others executed, and every wait, was time for this one too.
            _cpu.TscOffset += (ulong)(clock.Now - _seen);
        }

        InterpreterStop stop;
        try
        {
            stop = _interpreter.Run(Math.Min(until, _noticeAt));
            Count();
        }
        finally
        {
            _entry.Leave();
        }

        return stop == InterpreterStop.Counted && Instructions >= _noticeAt ? InterpreterStop.Kicked : stop;
    }

    private void Count()
    {
        _machine.Count(_cpu.Retired - _counted);
        _counted = _cpu.Retired;
        _seen = _machine.Clock?.Now ?? 0;
    }
}
