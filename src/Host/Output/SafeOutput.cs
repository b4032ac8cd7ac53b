using System.Buffers;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.Output;

/// <summary>What a terminal is shown of guests' output.</summary>
internal enum ConsoleMode
{
    /// <summary>Nothing that a terminal would act on; see <see cref="TerminalEscaper"/>.</summary>
    Safe,

    /// <summary>Everything, as it is.</summary>
    Raw,
}

/// <summary>
/// Guests' output on its way to a terminal, with nothing in it that the terminal would act on. Guests do not learn that there is
/// a terminal behind such a stream: it does not do what they would tell it. Any thread.
/// </summary>
/// <param name="inner">Writes it.</param>
/// <param name="isEscaped">Which streams.</param>
internal sealed class SafeOutput(IGuestOutput inner, Func<GuestStream, bool> isEscaped) : IGuestOutput
{
    private readonly Lock _gate = new();

    // Those of streams that stopped in the middle of something.
    private readonly Dictionary<(string Vm, GuestStream Stream), TerminalEscaper> _escapers = [];

    /// <summary>Makes guests' output safe where it has to be.</summary>
    /// <param name="inner">Writes it.</param>
    /// <param name="mode">What people want; null for what is safe on terminals, and everything as it is elsewhere.</param>
    public static SafeOutput For(IGuestOutput inner, ConsoleMode? mode)
    {
        var (output, error) = (IsEscaped(HostOutput.Output), IsEscaped(HostOutput.Error));
        return new SafeOutput(inner, stream => stream switch
        {
            GuestStream.Output => output,
            GuestStream.Error => error,
            _ => false,
        });

        bool IsEscaped(int stream) => mode is null ? HostTerminal.IsTerminal(stream) : mode == ConsoleMode.Safe;
    }

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        if (!isEscaped(stream))
        {
            return inner.Write(vm, stream, bytes, stopSignal);
        }

        var text = new ArrayBufferWriter<byte>(bytes.Length + 1);
        lock (_gate)
        {
            var isNew = !_escapers.TryGetValue((vm, stream), out var escaper);
            if (isNew && TerminalEscaper.IsPlain(bytes))
            {
                text = null;
            }
            else
            {
                escaper ??= new TerminalEscaper();
                escaper.Escape(bytes, text);
                if (escaper.IsEmpty)
                {
                    _escapers.Remove((vm, stream));
                }
                else if (isNew)
                {
                    _escapers.Add((vm, stream), escaper);
                }
            }
        }

        return inner.Write(vm, stream, text is null ? bytes : text.WrittenSpan, stopSignal);
    }

    /// <summary>Shows what guests began and did not end. They have all ended.</summary>
    public void Finish()
    {
        // Nobody kicks who waits here: what cannot be written without a wait is left out.
        using var noWait = new VmStopSignal();
        noWait.Request();
        lock (_gate)
        {
            foreach (var ((vm, stream), escaper) in _escapers)
            {
                var text = new ArrayBufferWriter<byte>();
                escaper.Finish(text);
                inner.Write(vm, stream, text.WrittenSpan, noWait);
            }

            _escapers.Clear();
        }
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => isEscaped(stream) ? null : inner.TerminalOf(stream);
}
