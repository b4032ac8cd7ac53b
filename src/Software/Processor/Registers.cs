using System.Runtime.CompilerServices;

namespace KvmActors.Software.Processor;

/// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI and R8 to R15, in the order of their numbers, and then zeros that nothing writes.</summary>
[InlineArray(32)]
internal struct Registers
{
    private ulong _first;
}

/// <summary>The numbers of the general registers.</summary>
internal static class Gpr
{
    public const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7;
    public const int R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15;
}
