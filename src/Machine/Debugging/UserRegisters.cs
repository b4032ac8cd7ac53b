using System.Buffers.Binary;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <summary>Where a thread's registers of ring 3 are just now.</summary>
public enum UserRegisterPlace
{
    /// <summary>In the vCPU: it is in ring 3.</summary>
    Processor,

    /// <summary>In memory, all of them, where the kernel takes them back from.</summary>
    Context,

    /// <summary>In the vCPU, but for RIP, CS, RFLAGS, RSP and SS, which are in memory: it is in a system call.</summary>
    Frame,

    /// <summary>In the vCPU, with RFLAGS in R11: it is in a system call that has not left the stack of ring 3.</summary>
    Call,

    /// <summary>Somewhere in the kernel's work; what is told of them is what can be told.</summary>
    Unsettled,
}

/// <summary>A thread's registers of ring 3.</summary>
/// <param name="Place">Where they are.</param>
/// <param name="General">The general registers.</param>
/// <param name="CodeSelector">CS.</param>
/// <param name="StackSelector">SS.</param>
public sealed record UserRegisters(UserRegisterPlace Place, kvm_regs General, ushort CodeSelector, ushort StackSelector)
{
    /// <summary>How many words all of them are in memory: R15 to RBX, R11 to RAX, vector, error code, RIP, CS, RFLAGS, RSP, SS.</summary>
    public const int ContextWords = 22;

    /// <summary>RFLAGS.TF.</summary>
    public const ulong TrapFlag = 1 << 8;

    private const int VectorWord = 15, RipWord = 17, FlagsWord = 19, FlagsInFrame = 2;

    // The highest address that a program has, and one more.
    private const ulong End = 1UL << 47;

    /// <summary>Where <see cref="UserRegisterPlace.Context"/> and <see cref="UserRegisterPlace.Frame"/> begin, by the kernel's page tables.</summary>
    public ulong Address { get; init; }

    /// <summary>The exception's vector, of a context.</summary>
    public ulong Vector { get; init; }

    /// <summary>Takes them out of a context's words.</summary>
    public static UserRegisters FromContext(ReadOnlySpan<ulong> words, ulong address) => new(
        UserRegisterPlace.Context,
        new kvm_regs
        {
            r15 = words[0],
            r14 = words[1],
            r13 = words[2],
            r12 = words[3],
            rbp = words[4],
            rbx = words[5],
            r11 = words[6],
            r10 = words[7],
            r9 = words[8],
            r8 = words[9],
            rdi = words[10],
            rsi = words[11],
            rdx = words[12],
            rcx = words[13],
            rax = words[14],
            rip = words[RipWord],
            rflags = words[FlagsWord],
            rsp = words[20],
        },
        (ushort)words[18],
        (ushort)words[21])
    {
        Address = address,
        Vector = words[VectorWord],
    };

    /// <summary>Puts other values in their place.</summary>
    /// <returns>False where not all of them could be put there; nothing has changed then.</returns>
    internal bool TryWrite(IVcpu vcpu, GuestMemory memory, in kvm_regs general)
    {
        if (general.rip >= End)
        {
            return false;
        }

        switch (Place)
        {
            case UserRegisterPlace.Processor:
                vcpu.SetRegisters(general);
                return true;
            case UserRegisterPlace.Context:
                ReadOnlySpan<ulong> first =
                [
                    general.r15, general.r14, general.r13, general.r12, general.rbp, general.rbx, general.r11, general.r10, general.r9, general.r8,
                    general.rdi, general.rsi, general.rdx, general.rcx, general.rax,
                ];
                var special = vcpu.GetSpecialRegisters();
                return WriteWords(memory, special, 0, first) && WriteWords(memory, special, RipWord, [general.rip])
                    && WriteWords(memory, special, FlagsWord, [general.rflags, general.rsp]);
            default:
                return false;
        }
    }

    /// <summary>Sets RFLAGS.TF, or clears it.</summary>
    internal void SetTrapFlag(IVcpu vcpu, GuestMemory memory, bool isSet)
    {
        switch (Place)
        {
            case UserRegisterPlace.Processor:
                var registers = vcpu.GetRegisters();
                vcpu.SetRegisters(registers with { rflags = With(registers.rflags, isSet) });
                break;
            case UserRegisterPlace.Context:
                SetInMemory(vcpu, memory, FlagsWord, isSet);
                break;
            case UserRegisterPlace.Frame or UserRegisterPlace.Unsettled when Address != 0:
                SetInMemory(vcpu, memory, FlagsInFrame, isSet);
                break;
            case UserRegisterPlace.Call:
                var call = vcpu.GetRegisters();
                vcpu.SetRegisters(call with { r11 = With(call.r11, isSet) });
                break;
        }
    }

    private static ulong With(ulong flags, bool isSet) => isSet ? flags | TrapFlag : flags & ~TrapFlag;

    private void SetInMemory(IVcpu vcpu, GuestMemory memory, int word, bool isSet)
    {
        var special = vcpu.GetSpecialRegisters();
        if (LinearMemory.TryReadWord(memory, special, Address + (ulong)(word * sizeof(ulong)), sizeof(ulong), out var flags))
        {
            WriteWords(memory, special, word, [With(flags, isSet)]);
        }
    }

    private bool WriteWords(GuestMemory memory, in kvm_sregs special, int word, ReadOnlySpan<ulong> values)
    {
        var bytes = new byte[values.Length * sizeof(ulong)];
        for (var index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(index * sizeof(ulong)), values[index]);
        }

        return LinearMemory.Write(memory, special, Address + (ulong)(word * sizeof(ulong)), bytes) == bytes.Length;
    }
}
