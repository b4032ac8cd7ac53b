using System.Buffers.Binary;
using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Debugging.Remote;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <summary>
/// A vCPU's registers by the names of a <see cref="TargetDescription"/>. In 16-bit code EIP is linear, as a debugger knows no segments.
/// Call on the vCPU's thread.
/// </summary>
internal sealed class VcpuRegisters
{
    private const int FxsaveRegisters = 32, FxsaveVectors = 160, FxsaveMxcsr = 24, FxsaveRegisterBytes = 16;

    private readonly IVcpu _vcpu;
    private readonly UserRegisters? _user;
    private readonly byte[] _floatingPoint;
    private kvm_regs _general;
    private kvm_sregs _special;

    private VcpuRegisters(IVcpu vcpu, UserRegisters? user)
    {
        (_vcpu, _user) = (vcpu, user);
        (_general, _special, _floatingPoint) = (user?.General ?? vcpu.GetRegisters(), vcpu.GetSpecialRegisters(), vcpu.GetFloatingPoint());
        if (user is { Place: not UserRegisterPlace.Processor })
        {
            // Bases are those of ring 3 already; the kernel uses none.
            (_special.cs.selector, _special.ss.selector) = (user.CodeSelector, user.StackSelector);
        }
    }

    /// <summary>Reads them.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="user">Where those of ring 3 are, which are wanted then; null for the vCPU's own.</param>
    public static VcpuRegisters Read(IVcpu vcpu, UserRegisters? user = null) => new(vcpu, user);

    /// <summary>A register's bytes, as many as it has.</summary>
    public byte[] Get(TargetRegister register)
    {
        if (register.Name.StartsWith("st", StringComparison.Ordinal))
        {
            return _floatingPoint.AsSpan(FxsaveRegisters + ((register.Name[2] - '0') * FxsaveRegisterBytes), register.Bytes).ToArray();
        }

        if (register.Name.StartsWith("xmm", StringComparison.Ordinal))
        {
            var number = int.Parse(register.Name.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture);
            return _floatingPoint.AsSpan(FxsaveVectors + (number * FxsaveRegisterBytes), FxsaveRegisterBytes).ToArray();
        }

        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Value(register.Name));
        return bytes[..register.Bytes];
    }

    /// <summary>Sets a register; it takes effect with <see cref="Write"/>.</summary>
    /// <returns>False for one that cannot be set here.</returns>
    public bool TrySet(TargetRegister register, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != register.Bytes || bytes.Length > sizeof(ulong))
        {
            return false;
        }

        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        bytes.CopyTo(wide);
        var value = BinaryPrimitives.ReadUInt64LittleEndian(wide);
        if (register.Name is "rip" or "eip" && CodeMode.BitsOf(_special) != 64)
        {
            value = unchecked((uint)(value - _special.cs.@base));
        }

        return SetGeneral(ref _general, register.Name, value) || SetSpecial(ref _special, register.Name, value) || Value(register.Name) == value;
    }

    /// <summary>Gives the vCPU, or its thread, what was set.</summary>
    /// <param name="memory">Where a thread's registers may be.</param>
    /// <returns>False for a thread that cannot have others where it is.</returns>
    /// <exception cref="Interop.Libc.SystemCallException">It takes no such values.</exception>
    public bool Write(GuestMemory memory)
    {
        if (_user is null)
        {
            _vcpu.SetSpecialRegisters(_special);
            _vcpu.SetRegisters(_general);
            return true;
        }

        if (!AreSame(_general, _user.General) && !_user.TryWrite(_vcpu, memory, _general))
        {
            return false;
        }

        var now = _vcpu.GetSpecialRegisters();
        if (now.fs.@base != _special.fs.@base || now.gs.@base != _special.gs.@base)
        {
            (now.fs.@base, now.gs.@base) = (_special.fs.@base, _special.gs.@base);
            _vcpu.SetSpecialRegisters(now);
        }

        return true;
    }

    private static bool AreSame(in kvm_regs one, in kvm_regs other) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<kvm_regs>(in one)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<kvm_regs>(in other)));

    private ulong Value(string name) => name switch
    {
        "rax" or "eax" => _general.rax,
        "rbx" or "ebx" => _general.rbx,
        "rcx" or "ecx" => _general.rcx,
        "rdx" or "edx" => _general.rdx,
        "rsi" or "esi" => _general.rsi,
        "rdi" or "edi" => _general.rdi,
        "rbp" or "ebp" => _general.rbp,
        "rsp" or "esp" => _general.rsp,
        "r8" => _general.r8,
        "r9" => _general.r9,
        "r10" => _general.r10,
        "r11" => _general.r11,
        "r12" => _general.r12,
        "r13" => _general.r13,
        "r14" => _general.r14,
        "r15" => _general.r15,
        "rip" when _user is not null => _general.rip,
        "rip" or "eip" => CodeMode.LinearRip(_general, _special),
        "eflags" => _general.rflags,
        "cs" => _special.cs.selector,
        "ss" => _special.ss.selector,
        "ds" => _special.ds.selector,
        "es" => _special.es.selector,
        "fs" => _special.fs.selector,
        "gs" => _special.gs.selector,
        "fs_base" => _special.fs.@base,
        "gs_base" => _special.gs.@base,
        "cr0" => _special.cr0,
        "cr2" => _special.cr2,
        "cr3" => _special.cr3,
        "cr4" => _special.cr4,
        "efer" => _special.efer,
        "orig_rax" => ulong.MaxValue,
        "mxcsr" => BinaryPrimitives.ReadUInt32LittleEndian(_floatingPoint.AsSpan(FxsaveMxcsr)),
        "fctrl" => BinaryPrimitives.ReadUInt16LittleEndian(_floatingPoint),
        "fstat" => BinaryPrimitives.ReadUInt16LittleEndian(_floatingPoint.AsSpan(2)),
        "ftag" => _floatingPoint[4],
        "fop" => BinaryPrimitives.ReadUInt16LittleEndian(_floatingPoint.AsSpan(6)),
        "fioff" => BinaryPrimitives.ReadUInt32LittleEndian(_floatingPoint.AsSpan(8)),
        "fooff" => BinaryPrimitives.ReadUInt32LittleEndian(_floatingPoint.AsSpan(16)),
        _ => 0,
    };

    private static bool SetGeneral(ref kvm_regs general, string name, ulong value)
    {
        switch (name)
        {
            case "rax" or "eax": general.rax = value; break;
            case "rbx" or "ebx": general.rbx = value; break;
            case "rcx" or "ecx": general.rcx = value; break;
            case "rdx" or "edx": general.rdx = value; break;
            case "rsi" or "esi": general.rsi = value; break;
            case "rdi" or "edi": general.rdi = value; break;
            case "rbp" or "ebp": general.rbp = value; break;
            case "rsp" or "esp": general.rsp = value; break;
            case "r8": general.r8 = value; break;
            case "r9": general.r9 = value; break;
            case "r10": general.r10 = value; break;
            case "r11": general.r11 = value; break;
            case "r12": general.r12 = value; break;
            case "r13": general.r13 = value; break;
            case "r14": general.r14 = value; break;
            case "r15": general.r15 = value; break;
            case "rip" or "eip": general.rip = value; break;
            case "eflags": general.rflags = value | 2; break;
            default: return false;
        }

        return true;
    }

    // Selectors are left alone: what they select would have to be read from the guest's tables.
    private static bool SetSpecial(ref kvm_sregs special, string name, ulong value)
    {
        switch (name)
        {
            case "fs_base": special.fs.@base = value; break;
            case "gs_base": special.gs.@base = value; break;
            case "cr0": special.cr0 = value; break;
            case "cr2": special.cr2 = value; break;
            case "cr3": special.cr3 = value; break;
            case "cr4": special.cr4 = value; break;
            case "efer": special.efer = value; break;
            default: return false;
        }

        return true;
    }
}
