using System.Globalization;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Tracing;

/// <summary>
/// Writes a line for each system call of one vCPU's program, as strace does: when it has returned, or at once where it does not.
/// Belongs to the vCPU's thread.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="vm">The instance.</param>
/// <param name="output">Where lines go.</param>
public sealed class SyscallTracer(GuestMemory memory, string vm, ISyscallTraceOutput output)
{
    private const int ResultColumn = 40;
    private const long LowestErrno = -4095;

    private readonly ArgumentText _arguments = new(memory);
    private GuestCall? _entered;

    /// <summary>The guest's kernel is about to serve a call itself.</summary>
    public void Entered(in GuestCall call)
    {
        Flush();
        if (SyscallNames.Find((int)call.Number) is "exit" or "exit_group")
        {
            output.WriteLine(vm, Line(call, result: 0, "?"));
            return;
        }

        _entered = call;
    }

    /// <summary>The guest's kernel has served the call that was entered.</summary>
    public void Returned(long result)
    {
        if (_entered is { } call)
        {
            _entered = null;
            Served(call, result);
        }
    }

    /// <summary>A call has been served.</summary>
    public void Served(in GuestCall call, long result) => output.WriteLine(vm, Line(call, result, ResultText(call, result)));

    /// <summary>The program has ended by itself.</summary>
    public void Exited(int status)
    {
        Flush();
        output.WriteLine(vm, string.Create(CultureInfo.InvariantCulture, $"+++ exited with {status} +++"));
    }

    /// <summary>A signal has killed the program.</summary>
    public void Killed(int signal)
    {
        Flush();
        output.WriteLine(vm, $"+++ killed by {FlagNames.Signal((ulong)signal)} +++");
    }

    // A call that has not returned.
    private void Flush()
    {
        if (_entered is { } call)
        {
            _entered = null;
            output.WriteLine(vm, Line(call, result: -1, "?"));
        }
    }

    private string Line(in GuestCall call, long result, string resultText)
    {
        var number = (int)call.Number;
        var text = new StringBuilder(NameOf(number)).Append('(');
        var arguments = SyscallSignatures.Of(number);
        for (var index = 0; index < arguments.Length; index++)
        {
            // The mode of open means something only where a file may be made.
            const ulong Creates = 0x40 | 0x40_0000;
            if (index > 0 && arguments[index].Kind == ArgumentKind.Mode && arguments[index - 1].Set == "open"
                && (ArgumentText.ValueOf(call, index - 1) & Creates) == 0)
            {
                break;
            }

            text.Append(index == 0 ? "" : ", ").Append(_arguments.Of(arguments[index], call, index, result));
        }

        text.Append(')');
        return text.Append(' ', Math.Max(1, ResultColumn - 1 - text.Length)).Append("= ").Append(resultText).ToString();
    }

    private static string ResultText(in GuestCall call, long result) =>
        result is < 0 and >= LowestErrno ? $"-1 {((Errno)(-result)).Describe()}"
        : SyscallSignatures.ReturnsAddress(NameOf((int)call.Number)) ? string.Create(CultureInfo.InvariantCulture, $"0x{result:x}")
        : result.ToString(CultureInfo.InvariantCulture);

    private static string NameOf(int number) => SyscallNames.Find(number) ?? string.Create(CultureInfo.InvariantCulture, $"syscall_0x{number:x}");
}
