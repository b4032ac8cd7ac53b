using System.Diagnostics;
using KvmActors.Host.Completion;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Host.Tests.Completion;

/// <summary>The shells themselves run the scripts, which ask the program itself.</summary>
public sealed class CompletionScriptTests : IDisposable
{
    // What bash makes of a line, which it parts at = and :, too; and says by compopt.
    private const string Bash = """
        set -u
        compopt() { options+=" $*"; }
        source <(kvmactors completion bash)
        try() {
            COMP_LINE=$1 COMP_POINT=${#1} options=
            shift
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _kvmactors "$1" "${!#}" ""
            echo "$?:$(printf ' %s' "${COMPREPLY[@]}"):$options"
        }
        try 'kvmactors exe' kvmactors exe
        try 'kvmactors --backend=k' kvmactors --backend = k
        try 'kvmactors run --output ' kvmactors run --output ''
        try 'kvmactors run --output fi' kvmactors run --output fi
        try 'kvmactors run or' kvmactors run or
        try 'kvmactors exec --map /etc:/etc:' kvmactors exec --map /etc : /etc :
        try 'kvmactors exec --root ' kvmactors exec --root ''
        try 'kvmactors exec --json=' kvmactors exec --json =
        try './kvmactors exec prog --map' ./kvmactors exec prog --map
        try 'kvmactors frob ' kvmactors frob ''
        try 'kvmactors doctor --json --bac' kvmactors doctor --json --bac
        PATH=/nowhere
        try 'kvmactors exe' kvmactors exe
        """;

    private readonly TempFolder _folder = new();

    public CompletionScriptTests()
    {
        _folder.AddFile("kvmactors", $"#!/bin/sh\nexec '{(Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath : "dotnet")}' '{Path.Combine(AppContext.BaseDirectory, "kvmactors.dll")}' \"$@\"\n");
        File.SetUnixFileMode(_folder["kvmactors"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bash_Words_AreCompleted()
    {
        var (output, error) = Run("bash", "--norc", "-c", Bash);

        Assert.Equal("", error);
        Assert.Equal(
            [
                "0: exec:", "0: kvm:", "0: plain prefix none files=:", "0: files=: -o nospace", "0: orw: -o filenames -o default", "0: rw overlay:",
                "0: : -o filenames -o dirnames", "0: : -o filenames -o default", "0: : -o filenames -o default", "0: :", "0: --backend:", "0: :",
            ],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public void Script_OfAShell_IsWellFormed(string shell, string option)
    {
        var file = _folder.AddFile("script", CompletionScripts.All[shell]);
        if (!IsThere(shell))
        {
            Console.Error.WriteLine($"{shell} is not installed: its completion was not tried");
            return;
        }

        Assert.Equal(("", ""), Run(shell, option, file));
    }

    [Fact]
    public void Fish_Words_AreCompleted()
    {
        if (!IsThere("fish"))
        {
            Console.Error.WriteLine("fish is not installed: its completion was not tried");
            return;
        }

        var (output, error) = Run("fish", "--no-config", "-c", $"""
            kvmactors completion fish | source
            cd {_folder.AddFolder("here")}; touch file
            complete -C 'kvmactors exe'
            complete -C 'kvmactors --backend=k'
            complete -C 'kvmactors exec --json=f'
            complete -C 'kvmactors exec prog f'
            complete -C 'kvmactors list --frob'
            """);

        Assert.Equal("", error);
        Assert.Equal(["exec", "--backend=kvm", "--json=file", "file"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0]));
    }

    // With what zsh's own functions are told in their place.
    [Fact]
    public void Zsh_Words_AreCompleted()
    {
        if (!IsThere("zsh"))
        {
            Console.Error.WriteLine("zsh is not installed: its completion was not tried");
            return;
        }

        var (output, error) = Run("zsh", "-f", "-c", """
            compset() { print -r -- "kept $2" }
            _describe() { print -rl -- "${(@P)4}" }
            compadd() { print -r -- "open ${(P)4}" }
            _files() { print -r -- "files${1:-}" }
            _command_names() { print -r -- names }
            source <(kvmactors completion zsh)
            try() { words=("$@") CURRENT=$# PREFIX=${@[-1]}; _kvmactors }
            try kvmactors --backend=k
            try kvmactors exec --json=f
            try kvmactors run --output fi
            try kvmactors run or
            try ./kvmactors exec --root / bus
            try kvmactors exec --root ''
            try kvmactors exec prog --map
            """);

        Assert.Equal("", error);
        Assert.Equal(
            ["kept 10", "kvm:", "kept 7", "files", "open files=", "orw:a scenario of the list", "files", "names", "files", "files-/", "files"],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool IsThere(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private (string Output, string Error) Run(string shell, params string[] arguments)
    {
        var start = new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = _folder.Root };
        start.Environment["PATH"] = $"{_folder.Root}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _folder.Root;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        return (process.StandardOutput.ReadToEnd(), error.GetAwaiter().GetResult());
    }
}
