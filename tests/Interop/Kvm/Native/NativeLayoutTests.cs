using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Sandbox.Native;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Kvm.Native;

/// <summary>
/// Everything declared after the C headers, found by reflection, against what the C compiler says (<c>KvmHeader.c</c>): a
/// constant, field or structure added without its C twin fails here.
/// </summary>
[Trait("Needs", "Compiler")]
public class NativeLayoutTests
{
    private static readonly Lazy<Dictionary<string, long>> Headers =
        new(() => CCompiler.Run(Path.Combine(AppContext.BaseDirectory, "Kvm/Native/KvmHeader.c")));

    // From there on they are a kernel's own (include/linux/errno.h), which no header for programs has.
    private const long FirstInside = 512;

    // Structures of C's that hold an array here, and the classes that only gather functions.
    private static readonly Type[] Structures =
    [
        .. typeof(kvm_run).Assembly.GetTypes()
            .Where(type => type.IsValueType && !type.IsEnum)
            .Where(type => type.Namespace == typeof(kvm_run).Namespace || type.DeclaringType == typeof(LibC)),
    ];

    [Fact]
    public void Constants_OfKvmApiAndLibC_AreTheHeaders() =>
        AssertSame("const.", Constants(typeof(KvmApi)).Concat(Constants(typeof(LibC))), exceptions: ["IOV_MAX", "KVM_INTERNAL_ERROR_EMULATION", "SIGRTMIN", "SIGRTMAX"]);

    [Fact]
    public void Constants_OfSandboxApi_AreTheHeaders() => AssertSame("sandbox.", Constants(typeof(SandboxApi)));

    // The headers of some machines know a shorter landlock_ruleset_attr.
    [Fact]
    public void SandboxStructures_HaveTheHeadersSizes() => AssertSame(
        "sandboxsize.",
        typeof(SandboxApi).Assembly.GetTypes()
            .Where(type => type.IsValueType && type.Namespace == typeof(SandboxApi).Namespace && type != typeof(landlock_ruleset_attr))
            .Select(type => (type.Name, SizeOf(type))));

    [Fact]
    public void Capabilities_AreTheHeaders() => AssertSame("capability.", Members<KvmCapability>());

    [Fact]
    public void ExitReasons_AreTheHeaders() => AssertSame("exit.", Members<VcpuExitReason>());

    [Fact]
    public void Errnos_AreTheHeaders() => AssertSame("errno.", Members<Errno>().Where(member => member.Name != nameof(Errno.None) && member.Value < FirstInside));

    [Fact]
    public void Structures_HaveTheHeadersSizes() =>
        AssertSame("size.", Structures.Select(type => (type.Name, SizeOf(type))));

    [Fact]
    public void Fields_HaveTheHeadersOffsets() =>
        AssertSame(
            "offset.",
            from type in Structures
            where type.GetCustomAttribute<InlineArrayAttribute>() is null
            from field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            select ($"{type.Name}.{field.Name}", OffsetOf(field)),
            exceptions: ["kvm_cpuid2.entries"]);

    [Fact]
    public void CpuidEntries_StandWhereTheTableWritesThem() => Assert.Equal(8, Headers.Value["offset.kvm_cpuid2.entries"]);

    [Fact]
    public void InternalErrorEmulation_IsTheHeaders() =>
        Assert.Equal(InternalErrorExit.Emulation, Headers.Value["const.KVM_INTERNAL_ERROR_EMULATION"]);

    [Fact]
    public void IoVectorCapacity_IsIovMax() => Assert.Equal(GuestIoVector.Capacity, Headers.Value["const.IOV_MAX"]);

    // SIGRTMIN as the C library gives it out is the .NET runtime's own.
    [Fact]
    public void KickSignal_IsARealTimeSignalNobodyElseUses() =>
        Assert.InRange(VcpuKickSignal.Number, Headers.Value["const.SIGRTMIN"] + 1, Headers.Value["const.SIGRTMAX"]);

    private static void AssertSame(string prefix, IEnumerable<(string Name, long Value)> ours, params string[] exceptions)
    {
        var theirs = Headers.Value
            .Where(line => line.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(line => (Name: line.Key[prefix.Length..], line.Value))
            .Where(line => !exceptions.Contains(line.Name))
            .Order();
        Assert.Equal(theirs, ours.Order());
    }

    private static IEnumerable<(string Name, long Value)> Constants(Type type) => type
        .GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        .Where(field => field.IsLiteral && field.FieldType != typeof(string))
        .Select(field => (field.Name, Convert.ToInt64(field.GetRawConstantValue())));

    private static IEnumerable<(string Name, long Value)> Members<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(value => (value.ToString(), Convert.ToInt64(value)));

    private static long SizeOf(Type type)
    {
        var method = new DynamicMethod("size", typeof(int), [], typeof(NativeLayoutTests).Module, skipVisibility: true);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Sizeof, type);
        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int>>()();
    }

    // Marshal.OffsetOf would tell the marshaller's layout; this is the runtime's own.
    private static long OffsetOf(FieldInfo field)
    {
        var method = new DynamicMethod("offset", typeof(nint), [], typeof(NativeLayoutTests).Module, skipVisibility: true);
        var code = method.GetILGenerator();
        code.DeclareLocal(field.DeclaringType!);
        code.Emit(OpCodes.Ldloca_S, (byte)0);
        code.Emit(OpCodes.Ldflda, field);
        code.Emit(OpCodes.Conv_U);
        code.Emit(OpCodes.Ldloca_S, (byte)0);
        code.Emit(OpCodes.Conv_U);
        code.Emit(OpCodes.Sub);
        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<nint>>()();
    }
}
