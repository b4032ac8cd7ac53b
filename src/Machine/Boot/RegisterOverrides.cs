using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Machine.Boot;

/// <summary>Registers that a scenario sets itself, for guests that expect more than their boot protocol promises.</summary>
/// <param name="Values">Register names, as the Intel SDM writes them and in any case, with their values.</param>
public sealed record RegisterOverrides(IReadOnlyDictionary<string, ulong> Values)
{
    private delegate void Setter(ref kvm_regs general, ref kvm_sregs special, ulong value);

    private static readonly Dictionary<string, Setter> Setters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["RAX"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rax = value,
        ["RBX"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rbx = value,
        ["RCX"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rcx = value,
        ["RDX"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rdx = value,
        ["RSI"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rsi = value,
        ["RDI"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rdi = value,
        ["RBP"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rbp = value,
        ["RSP"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rsp = value,
        ["R8"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r8 = value,
        ["R9"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r9 = value,
        ["R10"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r10 = value,
        ["R11"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r11 = value,
        ["R12"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r12 = value,
        ["R13"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r13 = value,
        ["R14"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r14 = value,
        ["R15"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.r15 = value,
        ["RIP"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rip = value,
        ["RFLAGS"] = (ref kvm_regs general, ref kvm_sregs _, ulong value) => general.rflags = value,
        ["CR0"] = (ref kvm_regs _, ref kvm_sregs special, ulong value) => special.cr0 = value,
        ["CR3"] = (ref kvm_regs _, ref kvm_sregs special, ulong value) => special.cr3 = value,
        ["CR4"] = (ref kvm_regs _, ref kvm_sregs special, ulong value) => special.cr4 = value,
        ["EFER"] = (ref kvm_regs _, ref kvm_sregs special, ulong value) => special.efer = value,
    };

    /// <summary>The registers there are.</summary>
    public static IReadOnlyCollection<string> Names => Setters.Keys;

    /// <summary>No override.</summary>
    public static RegisterOverrides None { get; } = new(new Dictionary<string, ulong>());

    /// <summary>Whether there is a register of this name, in any case.</summary>
    public static bool IsKnown(string name) => Setters.ContainsKey(name);

    internal void ApplyTo(ref kvm_regs general, ref kvm_sregs special)
    {
        foreach (var (name, value) in Values)
        {
            Setters[name](ref general, ref special, value);
        }
    }
}
