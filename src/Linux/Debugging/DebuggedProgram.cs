using System.Runtime.InteropServices;
using System.Text;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Debugging;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Debugging;

/// <summary>The program under the guest's kernel, by what that says of it (<c>guest/include/hypercall.h</c>).</summary>
public sealed class DebuggedProgram : IDebuggedProgram
{
    private const int Ring3 = 3, KernelStackInTss = 4, FrameWords = 5;
    private const ulong Vectors = 32, CanonicalEnd = 1UL << 47;

    private readonly GuestMemory _memory;
    private readonly ProgramInfo _info;

    private DebuggedProgram(GuestMemory memory, ProgramInfo info) => (_memory, _info) = (memory, info);

    /// <inheritdoc/>
    public string Path { get; private init; } = "";

    /// <inheritdoc/>
    public IReadOnlyList<byte> AuxiliaryVector { get; private init; } = [];

    /// <summary>Looks at the program that a guest's kernel is about to run. Call on the vCPU's thread.</summary>
    public static DebuggedProgram Read(GuestMemory memory, IVcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        var info = ProgramInfo.Read(memory);
        var first = info.ReadArguments(memory).TakeWhile(value => value != 0).ToArray();
        return new DebuggedProgram(memory, info)
        {
            Path = Encoding.UTF8.GetString(info.ReadPath(memory) ?? (first is [not (byte)'/', ..] ? [(byte)'/', .. first] : first)),
            AuxiliaryVector = InitialStackReader.ReadAuxiliaryVector(memory, vcpu.GetSpecialRegisters(), info.StackPointer),
        };
    }

    /// <inheritdoc/>
    public ProgramThread? FindThread(int vcpu) =>
        ProgramThreads.Find(_memory, vcpu) is { Id: { } id, Name: var name } ? new ProgramThread(id, name) : null;

    /// <inheritdoc/>
    public UserRegisters FindRegisters(IVcpu vcpu, ulong? context)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        var (registers, special) = (vcpu.GetRegisters(), vcpu.GetSpecialRegisters());
        if (context is { } place && TryReadContext(special, unchecked(place + _info.KernelOffset)) is { } shown)
        {
            return shown;
        }

        if ((special.cs.selector & Ring3) == Ring3)
        {
            // Where KVM does not have SYSCALL, it is at the kernel's address in ring 3 for a moment.
            return registers.rip < CanonicalEnd
                ? new UserRegisters(UserRegisterPlace.Processor, registers, special.cs.selector, special.ss.selector)
                : Unsettled(registers with { rip = registers.rcx, rflags = registers.r11 });
        }

        if (registers.rsp < _info.KernelOffset)
        {
            return LinearMemory.TryReadWord(_memory, special, special.gs.@base, sizeof(ulong), out var rip)
                ? new UserRegisters(UserRegisterPlace.Call, AfterCall(registers, rip, registers.r11), CodeSelector, StackSelector)
                : Unsettled(registers);
        }

        Span<ulong> frame = stackalloc ulong[FrameWords];
        if (!LinearMemory.TryReadWord(_memory, special, special.tr.@base + KernelStackInTss, sizeof(ulong), out var top)
            || !TryReadWords(special, top - (FrameWords * sizeof(ulong)), frame))
        {
            return Unsettled(registers);
        }

        var bottom = top - (FrameWords * sizeof(ulong));
        var general = registers with { rip = frame[0], rflags = frame[2], rsp = frame[3] };
        if (registers.rsp == bottom - sizeof(ulong))
        {
            return new UserRegisters(UserRegisterPlace.Frame, AfterCall(general, frame[0], frame[2]), CodeSelector, StackSelector) { Address = bottom };
        }

        // Below the frame: an error code, and a vector where all registers have been saved.
        return LinearMemory.TryReadWord(_memory, special, bottom - (2 * sizeof(ulong)), sizeof(ulong), out var vector) && vector < Vectors
            && registers.rsp <= top - (UserRegisters.ContextWords * sizeof(ulong))
            && TryReadContext(special, top - (UserRegisters.ContextWords * sizeof(ulong))) is { } saved
            ? saved with { Place = UserRegisterPlace.Unsettled, Address = bottom }
            : Unsettled(general) with { Address = bottom };
    }

    /// <inheritdoc/>
    public bool IsPromised(GuestMemory memory, ulong linear) => _info.ReadAreas(memory).Exists(area => area.IsReadable && area.Contains(linear));

    // USER_CODE_SELECTOR and USER_DATA_SELECTOR of guest/include/memlayout.h, with the ring.
    private const ushort CodeSelector = 0x33, StackSelector = 0x2B;

    // What SYSCALL leaves in RCX and R11; RDX is in RCX as long as the host has the call.
    private static kvm_regs AfterCall(in kvm_regs registers, ulong rip, ulong flags) =>
        registers with { rip = rip, rflags = flags, rdx = registers.rcx, rcx = rip, r11 = flags };

    private static UserRegisters Unsettled(in kvm_regs registers) => new(UserRegisterPlace.Unsettled, registers, CodeSelector, StackSelector);

    private UserRegisters? TryReadContext(in kvm_sregs special, ulong linear)
    {
        Span<ulong> words = stackalloc ulong[UserRegisters.ContextWords];
        return TryReadWords(special, linear, words) ? UserRegisters.FromContext(words, linear) : null;
    }

    private bool TryReadWords(in kvm_sregs special, ulong linear, Span<ulong> words) =>
        LinearMemory.Read(_memory, special, linear, MemoryMarshal.AsBytes(words)) == words.Length * sizeof(ulong);
}
