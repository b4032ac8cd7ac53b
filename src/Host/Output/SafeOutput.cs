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
/// a terminal behind such a stream, for it does not do what they would tell it; but for the one guest that has the terminal to itself,
/// and may draw on it while it reads keys. Any thread.
/// </summary>
/// <param name="inner">Writes it.</param>
/// <param name="isEscaped">Which streams.</param>
/// <param name="mayDraw">Whether the guest may draw on a stream just now; null where no guest ever may.</param>
internal sealed class SafeOutput(IGuestOutput inner, Func<GuestStream, bool> isEscaped, Func<GuestStream, bool>? mayDraw = null) : IGuestOutput
{
    private readonly Lock _gate = new();

    // Those of streams that stopped in the middle of something.
    private readonly Dictionary<(string Vm, GuestStream Stream), TerminalEscaper> _escapers = [];

    /// <summary>Makes guests' output safe where it has to be.</summary>
    /// <param name="inner">Writes it.</param>
    /// <param name="mode">What people want; null for what is safe on terminals, and everything as it is elsewhere.</param>
    /// <param name="hasTerminal">Whether the only guest there is has the process's terminal, its keys included.</param>
    public static SafeOutput For(IGuestOutput inner, ConsoleMode? mode, bool hasTerminal = false)
    {
        var (output, error) = (IsEscaped(HostOutput.Output), IsEscaped(HostOutput.Error));
        return new SafeOutput(inner, stream => stream switch
        {
            GuestStream.Output => output,
            GuestStream.Error => error,
            _ => false,
        },
        hasTerminal ? stream => HostTerminal.IsRaw((int)stream) : null);

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
                escaper ??= new TerminalEscaper(mayDraw is null ? null : () => mayDraw(stream));
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

    /// <summary>Shows what guests began and did not end, and takes back what they left on a terminal. They have all ended.</summary>
    /// <returns>Whether a terminal was asked something that it answers as the user's input.</returns>
    public bool Finish()
    {
        var hasAsked = false;
        // Nobody kicks who waits here: what cannot be written without a wait is left out.
        using var noWait = new VmStopSignal();
        noWait.Request();
        lock (_gate)
        {
            foreach (var ((vm, stream), escaper) in _escapers)
            {
                var text = new ArrayBufferWriter<byte>();
                escaper.Finish(text);
                hasAsked |= escaper.HasAsked;
                inner.Write(vm, stream, text.WrittenSpan, noWait);
            }

            _escapers.Clear();
        }

        return hasAsked;
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => isEscaped(stream) && mayDraw is null ? null : inner.TerminalOf(stream);
}
