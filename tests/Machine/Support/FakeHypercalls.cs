using KvmActors.Interop.Kvm;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Tests.Support;

/// <summary>Calls at some ports, each answered by the test.</summary>
internal sealed class FakeHypercalls(params ushort[] ports) : IHypercalls
{
    /// <summary>What the next calls are answered with.</summary>
    public Func<uint, VcpuEnd?> Answer { get; init; } = _ => null;

    /// <summary>The path of every call; empty for none.</summary>
    public string Path { get; init; } = "";

    /// <summary>The values of the calls so far.</summary>
    public List<uint> Calls { get; } = [];

    public byte NoticeVector { get; init; } = 0x20;

    public bool Claims(ushort port) => ports.Contains(port);

    public VcpuEnd? Handle(in IoExit io)
    {
        Calls.Add(io.Value);
        return Answer(io.Value);
    }

    public int ReadLastPath(Span<byte> target) => System.Text.Encoding.UTF8.GetBytes(Path, target);
}
