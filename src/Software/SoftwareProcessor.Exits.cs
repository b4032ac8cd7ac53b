using System.Buffers.Binary;
using KvmActors.Interop.Kvm;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software;

/// <content>Its exits, as KVM's page tells them, and their answers.</content>
internal sealed partial class SoftwareProcessor
{
    private void TakeAnswer()
    {
        switch (_cpu.Request.Kind)
        {
            case HostRequestKind.None:
                break;
            case HostRequestKind.PortIn:
                _page.IoData.CopyTo(_cpu.PortData);
                _machine.Exits?.Add(ExitTrace.Direction.Answer, Index, Executed, 0, 0, _page.IoData[..(_cpu.Request.Size * _cpu.Request.Count)]);
                _cpu.Answer(0);
                break;
            case HostRequestKind.MemoryRead:
                _machine.Exits?.Add(ExitTrace.Direction.Answer, Index, Executed, 0, 0, _page.MmioData[.._cpu.Request.Size]);
                _cpu.Answer(BinaryPrimitives.ReadUInt64LittleEndian(_page.MmioData));
                break;
            default:
                _cpu.RequestDone();
                break;
        }
    }

    private VcpuExit Exit()
    {
        var request = _cpu.Request;
        if (request.Kind != HostRequestKind.Debug && _machine.Exits is { } exits)
        {
            var data = request.Kind == HostRequestKind.PortOut ? _cpu.PortData.AsSpan(0, request.Size) : [];
            exits.Add(ExitTrace.Direction.Exit, Index, Executed, ((int)request.Kind << 4) | request.Size, request.Address, data);
            exits.Add(ExitTrace.Direction.Exit, Index, (ulong)request.Count, request.Data);
        }

        switch (request.Kind)
        {
            case HostRequestKind.PortOut:
                _cpu.PortData.AsSpan(0, request.Size).CopyTo(_page.IoData);
                return _page.Io(isOut: true, request.Size, (ushort)request.Address, request.Count);
            case HostRequestKind.PortIn:
                _page.IoData[..(request.Size * request.Count)].Clear();
                return _page.Io(isOut: false, request.Size, (ushort)request.Address, request.Count);
            case HostRequestKind.MemoryRead:
                _page.MmioData.Clear();
                return _page.Mmio(isWrite: false, request.Address, request.Size);
            case HostRequestKind.MemoryWrite:
                BinaryPrimitives.WriteUInt64LittleEndian(_page.MmioData, request.Data);
                return _page.Mmio(isWrite: true, request.Address, request.Size);
            case HostRequestKind.Halt:
                return _page.Plain(VcpuExitReason.Hlt);
            case HostRequestKind.Shutdown:
                return _page.Plain(VcpuExitReason.Shutdown);
            case HostRequestKind.Debug:
                return _page.Debug((uint)request.Count, request.Address, request.Data);
            default:
                return _page.CannotEmulate();
        }
    }
}
