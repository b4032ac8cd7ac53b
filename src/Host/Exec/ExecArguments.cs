using KvmActors.Host.Output;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;

namespace KvmActors.Host.Exec;

/// <summary>What <c>exec</c> was asked to run.</summary>
/// <param name="Program">The program: a path, or a name to look for.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record ExecArguments(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>What it sees of the host's files, <c>HOST:GUEST[:rw|:overlay]</c> each.</summary>
    public IReadOnlyList<string> Maps { get; init; } = [];

    /// <summary>The same in docker's words, <c>HOST:GUEST:ro|rw|overlay</c> each.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>The folder it begins in, as it sees it; null for this process's where it has that, otherwise <c>/</c>.</summary>
    public string? Directory { get; init; }

    /// <summary>The host's folder that is its <c>/</c>; null for none.</summary>
    public string? Root { get; init; }

    /// <summary>Its environment, <c>NAME=VALUE</c> each, or <c>NAME</c> of one of this process's.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Files of more of it; what stands alone goes before what they say.</summary>
    public IReadOnlyList<string> EnvironmentFiles { get; init; } = [];

    /// <summary>Virtual CPUs.</summary>
    public int? Vcpus { get; init; }

    /// <summary>Memory in MiB, taken from the host as it is touched.</summary>
    public int MemoryMiB { get; init; } = 256;

    /// <summary>How long it may run, as people write durations; null for as long as it likes.</summary>
    public string? Timeout { get; init; }

    /// <summary>How much processor time it may take, as people write durations; null for any.</summary>
    public string? CpuBudget { get; init; }

    /// <summary>How many bytes it may write, to its streams and files together; null for any number.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>Whether to write a line for each of its system calls.</summary>
    public bool Strace { get; init; }

    /// <summary>Where those go; null for standard error.</summary>
    public string? StraceFile { get; init; }

    /// <summary>Where the results go for programs; null for nowhere.</summary>
    public string? JsonFile { get; init; }

    /// <summary>Where the report goes; null for nowhere.</summary>
    public string? ReportFile { get; init; }

    /// <summary>Where the timeline goes; null for nowhere.</summary>
    public string? TimelineFile { get; init; }

    /// <summary>Where it waits for a debugger; null for nowhere.</summary>
    public string? Gdb { get; init; }

    /// <summary>Where it is to be stopped; null for nowhere.</summary>
    public StopPoint? Until { get; init; }

    /// <summary>Where every instruction is written down; null for nowhere.</summary>
    public string? InstructionFile { get; init; }

    /// <summary>Whether to write the trace of spans.</summary>
    public bool Trace { get; init; }

    /// <summary>The folder that a core file goes to; null for none.</summary>
    public string? CoreFolder { get; init; }

    /// <summary>What a terminal is shown of its output; null for what is safe there.</summary>
    public ConsoleMode? Console { get; init; }

    /// <summary>What it is to run on; null for KVM where it can be used, otherwise software.</summary>
    public Backend? Backend { get; init; }

    /// <summary>Whether it does the same every time in software.</summary>
    public bool Deterministic { get; init; } = true;

    /// <summary>What its random numbers come of then.</summary>
    public long Seed { get; init; }

    /// <summary>How many instructions it may execute in software; null for any number.</summary>
    public long? MaxInstructions { get; init; }

    /// <summary>How far threads that serve it are confined; null for what the settings say.</summary>
    public SandboxMode? Sandbox { get; init; }

    /// <summary>Settings of the program, <c>--Key:Sub=value</c> each.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}
