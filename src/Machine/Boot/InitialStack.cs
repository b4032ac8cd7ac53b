using System.Buffers.Binary;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Boot;

/// <summary>
/// The stack a C <c>_start</c> expects (System V ABI AMD64 supplement, section 3.4.1): argc, argv, NULL, envp, NULL, then the
/// strings, the first argument's lowest. All pointers are guest-physical.
/// </summary>
public static class InitialStack
{
    /// <summary>The most the arguments and the environment may take, in bytes: a quarter of a program's stack, as Linux has it.</summary>
    public const ulong MaxBytes = 2 << 20;

    /// <summary>The most that one argument or variable may take, its NUL included, in bytes (MAX_ARG_STRLEN of <c>linux/binfmts.h</c>).</summary>
    public const ulong MaxStringBytes = 128 << 10;

    /// <summary>What fits on a stack of <see cref="MemoryLayout.VcpuStackSize"/>, in bytes: half of it.</summary>
    public const ulong UsualBytes = MemoryLayout.VcpuStackSize / 2;

    /// <summary>Bytes the stack's contents take.</summary>
    public static ulong SizeOf(IReadOnlyList<string> args, IReadOnlyList<string> env) =>
        StringBytes(args) + StringBytes(env) + PointerBytes(args.Count, env.Count) + (2 * StackAlignment);

    /// <summary>Says why arguments and an environment are too long for a program; null when they are not.</summary>
    public static string? FindProblem(IReadOnlyList<string> args, IReadOnlyList<string> env)
    {
        var size = SizeOf(args, env);
        var longest = (ulong)args.Concat(env).Max(value => (long?)NativeText.GetByteCount(value) + 1).GetValueOrDefault();
        return size > MaxBytes ? $"the arguments and the environment take {size} bytes; a program may have {MaxBytes}, as on Linux"
            : longest > MaxStringBytes ? $"an argument or variable takes {longest} bytes; each may have {MaxStringBytes}, as on Linux" : null;
    }

    /// <summary>
    /// Bytes to keep for a stack, in whole pages: <see cref="MemoryLayout.VcpuStackSize"/>, and where the contents take more than
    /// <see cref="UsualBytes"/>, so much below them and room for a kernel's copy of the pointers.
    /// </summary>
    public static ulong RoomFor(IReadOnlyList<string> args, IReadOnlyList<string> env)
    {
        var size = SizeOf(args, env);
        return size <= UsualBytes ? MemoryLayout.VcpuStackSize
            : (size + PointerBytes(args.Count, env.Count) + MemoryLayout.VcpuStackSize + MemoryLayout.PageSize - 1) & ~(MemoryLayout.PageSize - 1);
    }

    /// <summary>The same for contents that are not known yet.</summary>
    /// <param name="bytes">How much they take at the most; as <see cref="SizeOf"/> counts.</param>
    public static ulong RoomFor(ulong bytes) => bytes <= UsualBytes ? MemoryLayout.VcpuStackSize
        : ((2 * bytes) + MemoryLayout.VcpuStackSize + MemoryLayout.PageSize - 1) & ~(MemoryLayout.PageSize - 1);

    /// <summary>Writes the stack.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="top">The first address after the stack.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="env">The environment, <c>NAME=value</c> each.</param>
    /// <param name="stackPointer">RSP at entry, a multiple of 16.</param>
    /// <returns>False when the stack is outside memory.</returns>
    public static bool TryWrite(
        GuestMemory memory, GuestPhysAddr top, IReadOnlyList<string> args, IReadOnlyList<string> env, out GuestPhysAddr stackPointer)
    {
        var strings = AlignDown(top.Value - StringBytes(args) - StringBytes(env));
        stackPointer = new GuestPhysAddr(AlignDown(strings - PointerBytes(args.Count, env.Count)));

        var block = new byte[top.Value - stackPointer.Value];
        var pointer = 0;
        var text = (int)(strings - stackPointer.Value);

        PutPointer((ulong)args.Count);
        PutStrings(args);
        PutStrings(env);
        return memory.TryWriteBytes(stackPointer, block);

        void PutStrings(IReadOnlyList<string> values)
        {
            foreach (var value in values)
            {
                PutPointer(top.Value - (ulong)(block.Length - text));
                text += NativeText.GetBytes(value, block.AsSpan(text)) + 1;
            }

            PutPointer(0);
        }

        void PutPointer(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(pointer), value);
            pointer += sizeof(ulong);
        }
    }

    private const ulong StackAlignment = 16;

    private static ulong StringBytes(IReadOnlyList<string> values) => (ulong)values.Sum(value => (long)NativeText.GetByteCount(value) + 1);

    // argc, the pointers, and a NULL after each list.
    private static ulong PointerBytes(int args, int env) => (ulong)(args + env + 3) * sizeof(ulong);

    private static ulong AlignDown(ulong address) => address & ~(StackAlignment - 1);
}
