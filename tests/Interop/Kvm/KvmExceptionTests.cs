using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Kvm;

public class KvmExceptionTests
{
    [Fact]
    public void Message_WithTarget_NamesOperationTargetAndErrno() =>
        Assert.Equal("KVM_RUN failed on vCPU 3: EFAULT (Bad address)", new KvmException("KVM_RUN", Errno.EFAULT, "vCPU 3").Message);

    [Fact]
    public void Message_WithoutTarget_NamesOperationAndErrno() =>
        Assert.Equal("KVM_CREATE_VM failed: ENOMEM (Cannot allocate memory)", new KvmException("KVM_CREATE_VM", Errno.ENOMEM).Message);
}
