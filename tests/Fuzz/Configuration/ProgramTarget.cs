using System.Globalization;
using KvmActors.Fuzz.Tests.Images;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Host.Configuration;
using KvmActors.Host.Exec;
using KvmActors.Library.Checking;
using KvmActors.Library.Programs;

namespace KvmActors.Fuzz.Tests.Configuration;

/// <summary>Whatever a program's file holds, and whatever options are beside it: it may run, or why not is said as a shell would.</summary>
internal sealed class ProgramTarget : IFuzzTarget
{
    private static readonly string[] Maps =
        ["{root}:/data", "{root}/folder:/data:rw", "{root}/folder:/data:overlay", "{root}/missing:/x", ":", "", "a", "{root}:data", "{root}:/", "{root}:/a:ro", "{root}:/data/../x:rw", "/dev/null:/n\0", "{root}/pipe:/p"];

    private static readonly string[] Words = ["A=b", "A", "=", "", "A=\0", "a\nb", "--", "-x", "ÿ", "A=b=c", "\0"];
    private static readonly int[] Numbers = [1, 2, 4, 256, 0, -1, 4096, int.MaxValue, int.MinValue];
    private static readonly string[] Times = ["1", "0", "-1", "1e9", "NaN", "∞", "1e-9", "250ms", "1m30s", "00:00:01", "1e400", "s", ""];

    private readonly InputFolder _folder = new();

    public string Name => "program";

    public TimeSpan Share => TimeSpan.FromSeconds(5);

    public void Dispose() => _folder.Dispose();

    public string Run(FuzzInput input)
    {
        var program = Make(input);
        var arguments = new ExecArguments(program, Choose(input, Words))
        {
            Maps = [.. Choose(input, Maps).Select(map => map.Replace("{root}", _folder.Root, StringComparison.Ordinal))],
            Environment = Choose(input, Words),
            Vcpus = input.OneIn(4) ? input.Pick<int>(Numbers) : 1,
            MemoryMiB = input.OneIn(4) ? input.Pick<int>(Numbers) : 64,
            Timeout = input.OneIn(4) ? input.Pick<string>(Times) : null,
        };
        if (input.IsDescribed)
        {
            input.Note(string.Create(CultureInfo.InvariantCulture, $"{arguments.Program}, {string.Join(' ', arguments.Arguments)}; maps {string.Join(' ', arguments.Maps)}; environment {string.Join(' ', arguments.Environment)}; {arguments.Vcpus} vCPUs, {arguments.MemoryMiB} MiB, timeout {arguments.Timeout}"));
        }

        try
        {
            return ExecPlan.Create(arguments).Vms.Count == 1 ? "taken" : throw new FuzzFailureException("taken, but not as one VM");
        }
        catch (ConfigurationException e)
        {
            return Lines.Check(e.Problems);
        }
        catch (ProgramException e)
        {
            Lines.Check([e.Message]);
            return e.ExitCode is 126 or 127 ? e.ExitCode.ToString(CultureInfo.InvariantCulture) : throw new FuzzFailureException($"exit code {e.ExitCode}");
        }
    }

    private string Make(FuzzInput input)
    {
        if (input.OneIn(5))
        {
            var name = input.Pick<string>(_folder.Files);
            return input.OneIn(2) || name.Length == 0 ? name : _folder[name];
        }

        var file = _folder["program"];
        File.WriteAllBytes(file, FileMutation.Of(InputFolder.Elf, input));
        File.SetUnixFileMode(file, input.OneIn(10) ? UnixFileMode.UserRead | UnixFileMode.UserWrite : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    private static string[] Choose(FuzzInput input, string[] words)
    {
        var chosen = new string[input.OneIn(3) ? input.Next(3) : 0];
        for (var index = 0; index < chosen.Length; index++)
        {
            chosen[index] = input.Pick<string>(words);
        }

        return chosen;
    }
}
