using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.Intrinsics;
using KvmActors.Fuzz.Tests.Kvm;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Software;
using KvmActors.Software.Processor;

namespace KvmActors.Fuzz.Tests.Software;

/// <summary>The processor in software: every field of its state.</summary>
internal sealed class SoftwareResetBackend : IResetBackend
{
    private const uint Lstar = 0xC000_0082;

    private static readonly uint[] ModelSpecific =
    [
        0x10, 0x1B, 0x3B, 0x174, 0x175, 0x176, 0x1A0, 0x277, 0xC000_0080, 0xC000_0081, Lstar, 0xC000_0083, 0xC000_0084, 0xC000_0100, 0xC000_0101, 0xC000_0102,
        0xC000_0103, 0x8B,
    ];

    public IHypervisor Hypervisor { get; } = new SoftwareHypervisor();

    public object Look(IVcpu vcpu)
    {
        var cpu = ((SoftwareProcessor)vcpu).Cpu;
        var state = cpu.Save();
        var parts = typeof(CpuState).GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .ToDictionary(part => part.Name, part => Text(part.GetValue(state)), StringComparer.Ordinal);
        parts["left over"] = $"{cpu.Request} {cpu.HasAnswers} {cpu.HasWrites} {cpu.Code.Written.Count} {cpu.HasSerialized} {cpu.PendingDebug} {cpu.ShadowsDebug}";
        parts["derived"] = $"{cpu.Mode} {cpu.CodeSize} {cpu.StackShift} {cpu.Cpl} {cpu.Is64Bit} {cpu.NeedsSteps} {cpu.HasDataBreakpoints}";
        return parts;
    }

    public IReadOnlyList<string> Compare(object state, object expected)
    {
        var then = (Dictionary<string, string>)expected;
        return [.. ((Dictionary<string, string>)state).Where(part => part.Value != then[part.Key]).Select(part => $"{part.Key}: {part.Value}, and {then[part.Key]}")];
    }

    public void Change(IVcpu vcpu, FuzzInput input)
    {
        var cpu = ((SoftwareProcessor)vcpu).Cpu;
        switch (input.Next(6))
        {
            case 0:
                var registers = vcpu.GetRegisters();
                RandomState.Scatter(ref registers, input, 8);
                vcpu.SetRegisters(registers);
                input.Count("registers");
                break;
            case 1:
                var special = vcpu.GetSpecialRegisters();
                RandomState.ChangeSpecial(ref special, input);
                try
                {
                    vcpu.SetSpecialRegisters(special);
                    input.Count("special registers");
                }
                catch (SystemCallException)
                {
                    input.Count("special registers refused");
                }

                break;
            case 2:
                for (var number = 0; number < cpu.Breakpoints.Length; number++)
                {
                    cpu.Breakpoints[number] = input.OneIn(2) ? input.Bits() : GuestLayout.Data;
                }

                cpu.Dr6 = Cpu.InitialDr6 | (ulong)input.Next(16);
                cpu.SetDr7(Cpu.InitialDr7 | ((uint)input.Next(0x1_0000) << 16) | (uint)input.Next(256));
                input.Count("debug registers");
                break;
            case 3:
                cpu.Xmm[input.Next(cpu.Xmm.Length)] = Vector128.Create(input.Bits(), input.Bits()).AsByte();
                cpu.Mxcsr = (uint)input.Pick<int>([0x1F80, 0x9FC0, 0, 0x1FBF]);
                input.Count("SSE");
                break;
            case 4:
                cpu.X87.Significands[input.Next(8)] = input.Bits();
                cpu.X87.SignExponents[input.Next(8)] = (ushort)input.Bits();
                (cpu.X87.Control, cpu.X87.StatusWord, cpu.X87.EmptyMask) = ((ushort)input.Next(0x2000), (ushort)input.Bits(), (byte)input.Next(256));
                (cpu.X87.LastInstruction, cpu.X87.LastOperand) = (input.Bits(), input.Bits());
                (cpu.X87.LastOpcode, cpu.X87.LastCode, cpu.X87.LastData) = ((ushort)input.Next(0x800), (ushort)input.Bits(), (ushort)input.Bits());
                input.Count("x87");
                break;
            default:
                var index = input.Pick<uint>(ModelSpecific);
                input.Count(TryWrite(cpu, index, input.OneIn(2) ? input.Bits() : (ulong)input.Next(0x1000)) ? "MSR" : "MSR refused");
                break;
        }
    }

    public void Boot(IVcpu vcpu, ulong lstar) => Assert.True(((SoftwareProcessor)vcpu).Cpu.TryWriteMsr(Lstar, lstar));

    // Some refuse a value as WRMSR does.
    private static bool TryWrite(Cpu cpu, uint index, ulong value)
    {
        try
        {
            return cpu.TryWriteMsr(index, value);
        }
        catch (GuestFault)
        {
            return false;
        }
    }

    // A value by all its fields, however deep, so that no part of the state can be forgotten here.
    private static string Text(object? value) => value switch
    {
        null => "",
        Registers registers => string.Join(' ', Enumerable.Range(0, 16).Select(number => registers[number].ToString("x", CultureInfo.InvariantCulture))),
        Vector128<byte> vector => vector.AsUInt64().ToString(),
        Enum or bool => value.ToString()!,
        IFormattable number when value.GetType().IsPrimitive => number.ToString("x", CultureInfo.InvariantCulture),
        IEnumerable many => string.Join(' ', many.Cast<object?>().Select(Text)),
        _ => $"({string.Join(' ', value.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(field => Text(field.GetValue(value))))})",
    };
}
