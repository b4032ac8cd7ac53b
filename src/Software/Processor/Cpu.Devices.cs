using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KvmActors.Software.Processor;

/// <summary>
/// Ports, and memory that is not there: the host's business. What is written leaves when the instruction is done. What is read ends
/// the instruction before anything of it has happened; when the host has answered, it is executed again from its beginning, and this
/// time the answers are there.
/// </summary>
internal sealed partial class Cpu
{
    /// <summary>Answers that one instruction may need: a structure of 512 bytes in pieces of 8.</summary>
    private const int MaxAnswers = 64;

    /// <summary>Stores that one instruction may make: likewise, and a few more.</summary>
    private const int MaxWrites = 80;

    private readonly ulong[] _answers = new ulong[MaxAnswers];
    private readonly HostRequest[] _writes = new HostRequest[MaxWrites];
    private int _answerCount;
    private int _answersUsed;
    private int _writeCount;
    private int _writesSent;

    /// <summary>What becomes of port accesses inside the machine.</summary>
    public IPorts Ports { get; }

    /// <summary>The data of a port access, up to a page for string instructions.</summary>
    public byte[] PortData { get; } = new byte[4096];

    /// <summary>What the host has to do next.</summary>
    public HostRequest Request { get; private set; }

    /// <summary>Whether an instruction waits for answers, or was told some and has not ended yet.</summary>
    public bool HasAnswers => _answerCount > 0;

    /// <summary>Asks the host for something once this instruction is done.</summary>
    public void Ask(in HostRequest request)
    {
        Request = request;
        StopBlock();
    }

    /// <summary>Takes the request, and puts the next one in its place.</summary>
    public void RequestDone()
    {
        Request = default;
        SendNextWrite();
    }

    /// <summary>Takes the host's answer to a read; the instruction that asked has to be executed again.</summary>
    public void Answer(ulong data)
    {
        Request = default;
        if (_answerCount < MaxAnswers)
        {
            _answers[_answerCount++] = data;
        }
    }

    /// <summary>The instruction ended: its answers are used up, and its stores leave.</summary>
    public void EndInstruction()
    {
        (_answerCount, _answersUsed) = (0, 0);
        SendNextWrite();
    }

    /// <summary>Before an instruction is executed again: its answers are given from the first one on.</summary>
    public void BeginAgain() => _answersUsed = 0;

    /// <summary>Whether an instruction left something to be done outside of it.</summary>
    public bool HasEffects => _writeCount > 0 || Code.Written.Count > 0 || HasSerialized;

    /// <summary>Set by instructions after which code that another processor wrote has to be seen (Intel SDM vol. 3A, section 10.1.3).</summary>
    public bool HasSerialized;

    /// <summary>Whether stores wait to leave.</summary>
    public bool HasWrites => _writesSent < _writeCount;

    /// <summary>Forgets everything that the host has not done.</summary>
    public void DropRequests()
    {
        Request = default;
        (_answerCount, _answersUsed, _writeCount, _writesSent) = (0, 0, 0, 0);
    }

    /// <summary>Writes to a port; <see cref="PortData"/> must not hold anything of another access.</summary>
    public void WritePort(ushort port, int size, uint value)
    {
        if (!Ports.TryRing(port, size))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(PortData, value);
            Ask(new HostRequest(HostRequestKind.PortOut, port, size));
        }
    }

    /// <summary>Reads from a port, several times for string instructions; the data is in <see cref="PortData"/> when this returns.</summary>
    public void ReadPort(ushort port, int size, int count)
    {
        if (_answersUsed < _answerCount)
        {
            _answersUsed++;
            return;
        }

        throw Stop(new HostRequest(HostRequestKind.PortIn, port, size, count));
    }

    private void ReadDevice(ulong physical, Span<byte> bytes)
    {
        if (_answersUsed < _answerCount)
        {
            Span<byte> answer = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(answer, _answers[_answersUsed++]);
            answer[..bytes.Length].CopyTo(bytes);
            return;
        }

        throw Stop(new HostRequest(HostRequestKind.MemoryRead, physical, bytes.Length));
    }

    private void WriteDevice(ulong physical, ReadOnlySpan<byte> bytes)
    {
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        data.Clear();
        bytes.CopyTo(data);
        if (_writeCount < MaxWrites)
        {
            var value = MemoryMarshal.Read<ulong>(data);
            _writes[_writeCount++] = new HostRequest(HostRequestKind.MemoryWrite, physical, bytes.Length, Data: value);
        }

        StopBlock();
    }

    // Nothing of the instruction has happened: what it stored so far it stores again.
    private GuestFault Stop(in HostRequest request)
    {
        Request = request;
        (_writeCount, _writesSent) = (0, 0);
        return Fault(-1);
    }

    private void SendNextWrite()
    {
        if (_writesSent < _writeCount)
        {
            if (Request.Kind == HostRequestKind.None)
            {
                Request = _writes[_writesSent++];
            }

            return;
        }

        (_writeCount, _writesSent) = (0, 0);
    }
}
