using KvmActors.Machine.Debugging;
using KvmActors.Machine.Debugging.Remote;
using KvmActors.Machine.Debugging.Stub;

namespace KvmActors.Host.Debugging;

/// <summary>
/// One debugger on one VM: a thread reads what it sends, the calling one answers and tells it when the guest stops.
/// </summary>
/// <param name="debugger">The hold on the VM.</param>
/// <param name="vcpus">How many vCPUs it has.</param>
/// <param name="input">What the debugger sends.</param>
/// <param name="output">What it is sent.</param>
internal sealed class GdbConnection(VmDebugger debugger, int vcpus, Stream input, Stream output) : IRemotePeer
{
    private const int BufferBytes = 1 << 14;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<RemotePacket> _packets = [];
    private bool _isClosed;

    /// <summary>Finds the host's file behind a path of the guest's; null where there are none.</summary>
    public Func<string, string?>? FindFile { get; init; }

    /// <summary>Serves the debugger until it lets go, or the VM is over.</summary>
    /// <param name="isOver">Whether nobody waits for the VM any more.</param>
    public void Serve(Func<bool> isOver)
    {
        var reader = new Thread(Read) { IsBackground = true, Name = "gdb reader" };
        reader.Start();
        using var stub = new GdbStub(debugger, this, FindFile);
        try
        {
            while (!stub.IsOver && !isOver())
            {
                if (Take() is { } packet)
                {
                    // Its first questions are about registers.
                    if (debugger.WaitForVcpus(vcpus, TimeSpan.FromSeconds(10)))
                    {
                        stub.Handle(packet);
                    }
                }
                else if (_isClosed)
                {
                    break;
                }
                else if (debugger.NextEvent(BetweenLooks) is { } stop)
                {
                    stub.Stopped(stop);
                }
            }
        }
        catch (IOException)
        {
            // It is gone.
        }

        debugger.Detach();
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        output.Flush();
    }

    private RemotePacket? Take()
    {
        lock (_gate)
        {
            return _packets.TryDequeue(out var packet) ? packet : null;
        }
    }

    private void Read()
    {
        var parser = new PacketParser();
        var buffer = new byte[BufferBytes];
        try
        {
            while (input.Read(buffer) is var count and > 0)
            {
                foreach (var value in buffer.AsSpan(0, count))
                {
                    if (parser.Take(value) is { } packet)
                    {
                        lock (_gate)
                        {
                            _packets.Enqueue(packet);
                        }
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed, by whomever.
        }

        _isClosed = true;
    }
}
