using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>The time stamp counter that a vCPU's guest reads. Calls belong to the vCPU's thread.</summary>
public sealed unsafe partial class KvmVcpu
{
    private const uint TimeStampCounter = 0x10;

    /// <summary>How many ticks it has in a second; 0 where KVM does not say, or the host's own kernel does not go by the counter.</summary>
    public long TimeStampFrequency
    {
        get
        {
            const long KiloHertz = 1000;
            var result = HostTimeStamp.IsTrusted ? LibC.ioctl(_fdNumber, KvmApi.KVM_GET_TSC_KHZ, 0) : 0;
            return result > 0 ? result * KiloHertz : 0;
        }
    }

    /// <summary>What is more in it than in the host's; null where KVM does not say (before Linux 5.16).</summary>
    public long? TimeStampOffset
    {
        get
        {
            long offset;
            return Ask(KvmApi.KVM_GET_DEVICE_ATTR, &offset) ? offset : null;
        }
    }

    /// <summary>Reads it.</summary>
    /// <returns>0 where KVM does not give it.</returns>
    public ulong ReadTimeStamp()
    {
        // struct kvm_msrs: a count, padding, and one entry. SAFETY: KVM fills that entry, on this stack.
        var request = stackalloc ulong[3];
        (request[0], request[1], request[2]) = (1, TimeStampCounter, 0);
        return LibC.ioctl(_fdNumber, KvmApi.KVM_GET_MSRS, request) == 1 ? request[2] : 0;
    }

    /// <summary>Sets what is more in it than in the host's.</summary>
    /// <returns>False where KVM cannot (before Linux 5.16).</returns>
    public bool SetTimeStampOffset(long offset) => Ask(KvmApi.KVM_SET_DEVICE_ATTR, &offset);

    private bool Ask(uint request, long* offset)
    {
        var attribute = new kvm_device_attr { group = KvmApi.KVM_VCPU_TSC_CTRL, attr = KvmApi.KVM_VCPU_TSC_OFFSET, addr = (ulong)offset };

        // SAFETY: KVM reads the structure, and reads or fills the eight bytes that it names; both are on the stack.
        return LibC.ioctl(_fdNumber, request, &attribute) == 0;
    }
}
