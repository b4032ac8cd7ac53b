using System.CommandLine;
using KvmActors.Host.Output;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.CommandLine;

/// <summary>Options that a run and <c>exec</c> have in common.</summary>
internal static class CommonOptions
{
    /// <summary>What a run leaves besides the guests' own output.</summary>
    public static (Option<string?> Json, Option<string?> Report, Option<string?> Timeline, Option<bool> Trace, Option<string?> Strace) CreateOutputs() => (
        new Option<string?>("--json") { Description = "Write the results to a file, for programs.", HelpName = "FILE" },
        new Option<string?>("--report") { Description = "Write a report to a file, for a browser.", HelpName = "FILE.html" },
        new Option<string?>("--timeline") { Description = "Write the timeline of every vCPU to a file, for ui.perfetto.dev.", HelpName = "FILE.json" },
        new Option<bool>("--trace") { Description = "Write the trace to standard error, as a tree." },
        new Option<string?>("--strace")
        {
            Description = "Write each system call of programs under the guest kernel, with arguments and result, to standard error or a file.",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        });

    /// <summary>Where core files go.</summary>
    public static Option<string?> CreateCore() => new("--core")
    {
        Description = "Write a core file of each VM that crashes, or whose program is killed, to a folder, for gdb.",
        HelpName = "DIR",
    };

    /// <summary>How far threads that serve a guest are confined.</summary>
    public static Option<string?> CreateSandbox()
    {
        var sandbox = CheckedOption.OneOf("--sandbox", "on", "log", "off");
        sandbox.Description = "How far threads that serve a guest are confined: on (as far as this machine allows, the default), log (not at all, "
            + "but the kernel's log says which system calls would be refused), off.";
        return sandbox;
    }

    /// <summary>What executes instructions.</summary>
    public static Option<string?> CreateBackend()
    {
        var backend = CheckedOption.OneOf("--backend", "auto", "kvm", "software");
        backend.Description = "What executes guests' instructions: auto (KVM where it can be used, otherwise software; the default), kvm (exit code 3 "
            + "where it cannot be used), software. Goes before what a scenario says.";
        return backend;
    }

    /// <summary>What it means; null when it was not given.</summary>
    public static Backend? ReadBackend(string? word) => word is null ? null : Enum.Parse<Backend>(word, ignoreCase: true);

    /// <summary>What it means; null when it was not given.</summary>
    public static SandboxMode? ReadSandbox(string? word) => word is null ? null : Enum.Parse<SandboxMode>(word, ignoreCase: true);

    /// <summary>What a terminal is shown.</summary>
    public static Option<string?> CreateConsole()
    {
        var console = CheckedOption.OneOf("--console", "safe", "raw");
        console.Description = "What a terminal is shown of guests' output: safe (control characters as ^[) or raw. Safe on terminals, raw elsewhere.";
        return console;
    }

    /// <summary>What it means; null when it was not given.</summary>
    public static ConsoleMode? ReadConsole(string? word) => word is null ? null : word == "safe" ? ConsoleMode.Safe : ConsoleMode.Raw;
}
