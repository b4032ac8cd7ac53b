// What the C headers say about everything the C# side declares: one `name value` line each.
// NativeLayoutTests.cs compares both, and fails for a C# name that has no line here.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <asm/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#define LINE(name, value) printf("%s %lld\n", name, (long long)(value))

// The same name on both sides.
#define CONSTANT(name) LINE("const." #name, name)
#define SANDBOX(name) LINE("sandbox." #name, name)
#define ERROR(name) LINE("errno." #name, name)

// An enum member with a .NET name.
#define CAPABILITY(name, c) LINE("capability." #name, c)
#define EXIT(name, c) LINE("exit." #name, c)

// A C structure, and its fields by the same name.
#define SIZE(type) LINE("size." #type, sizeof(struct type))
#define FIELD(type, field) LINE("offset." #type "." #field, offsetof(struct type, field))

// An unnamed member of struct kvm_run's union, which has a name on the C# side only.
#define RUN(member) (((struct kvm_run *)0)->member)
#define PART_SIZE(name, member) LINE("size." #name, sizeof(RUN(member)))
#define PART(name, member, field) \
    LINE("offset." #name "." #field, offsetof(struct kvm_run, member.field) - offsetof(struct kvm_run, member))

static void constants(void)
{
    CONSTANT(KVM_API_VERSION);
    CONSTANT(KVM_GET_API_VERSION);
    CONSTANT(KVM_CREATE_VM);
    CONSTANT(KVM_CHECK_EXTENSION);
    CONSTANT(KVM_GET_VCPU_MMAP_SIZE);
    CONSTANT(KVM_GET_MSR_INDEX_LIST);
    CONSTANT(KVM_X86_SETUP_MCE);
    CONSTANT(KVM_GET_MSRS);
    CONSTANT(KVM_SET_MSRS);
    CONSTANT(KVM_GET_VCPU_EVENTS);
    CONSTANT(KVM_SET_VCPU_EVENTS);
    CONSTANT(KVM_GET_DEBUGREGS);
    CONSTANT(KVM_SET_DEBUGREGS);
    CONSTANT(KVM_GET_XSAVE);
    CONSTANT(KVM_SET_XSAVE);
    CONSTANT(KVM_GET_XCRS);
    CONSTANT(KVM_SET_XCRS);
    CONSTANT(KVM_GET_XSAVE2);
    CONSTANT(KVM_GET_TSC_KHZ);
    CONSTANT(KVM_SET_DEVICE_ATTR); CONSTANT(KVM_GET_DEVICE_ATTR);
    CONSTANT(KVM_VCPU_TSC_CTRL); CONSTANT(KVM_VCPU_TSC_OFFSET);
    CONSTANT(KVM_SYNC_X86_EVENTS);
    CONSTANT(KVM_GET_SUPPORTED_CPUID);
    CONSTANT(KVM_CREATE_VCPU);
    CONSTANT(KVM_SET_USER_MEMORY_REGION);
    CONSTANT(KVM_REGISTER_COALESCED_MMIO);
    CONSTANT(KVM_IOEVENTFD);
    CONSTANT(KVM_SET_GUEST_DEBUG);
    CONSTANT(KVM_GUESTDBG_ENABLE);
    CONSTANT(KVM_GUESTDBG_SINGLESTEP); CONSTANT(KVM_GUESTDBG_USE_SW_BP); CONSTANT(KVM_GUESTDBG_USE_HW_BP);
    CONSTANT(KVM_GET_DIRTY_LOG); CONSTANT(KVM_MEM_LOG_DIRTY_PAGES);
    CONSTANT(KVM_IOEVENTFD_FLAG_PIO);
    CONSTANT(KVM_SET_TSS_ADDR);
    CONSTANT(KVM_SET_IDENTITY_MAP_ADDR);
    CONSTANT(KVM_RUN);
    CONSTANT(KVM_GET_REGS);
    CONSTANT(KVM_SET_REGS);
    CONSTANT(KVM_GET_SREGS);
    CONSTANT(KVM_SET_SREGS);
    CONSTANT(KVM_SET_CPUID2);
    CONSTANT(KVM_MEM_READONLY);
    CONSTANT(KVM_ENABLE_CAP); CONSTANT(KVM_PMU_CAP_DISABLE); CONSTANT(KVM_X86_QUIRK_FIX_HYPERCALL_INSN);
    CONSTANT(KVM_X86_SET_MSR_FILTER); CONSTANT(KVM_MSR_FILTER_DEFAULT_DENY);
    CONSTANT(KVM_MSR_FILTER_READ); CONSTANT(KVM_MSR_FILTER_WRITE);
    CONSTANT(KVM_SYNC_X86_REGS);
    CONSTANT(KVM_SYNC_X86_SREGS);
    CONSTANT(KVM_EXIT_IO_IN);
    CONSTANT(KVM_EXIT_IO_OUT);

    CONSTANT(O_RDONLY);
    CONSTANT(O_RDWR);
    CONSTANT(O_NOCTTY);
    CONSTANT(O_NONBLOCK);
    CONSTANT(O_CLOEXEC);
    CONSTANT(O_PATH);
    CONSTANT(PROT_READ);
    CONSTANT(PROT_WRITE);
    CONSTANT(MAP_SHARED);
    CONSTANT(MAP_FIXED);
    CONSTANT(MADV_DONTNEED);
    CONSTANT(MADV_DONTDUMP);
    CONSTANT(SEEK_SET);
    CONSTANT(SEEK_DATA);
    CONSTANT(SEEK_HOLE);
    CONSTANT(SYS_memfd_create);
    CONSTANT(F_ADD_SEALS);
    CONSTANT(F_SEAL_SEAL);
    CONSTANT(F_SEAL_SHRINK);
    CONSTANT(F_SEAL_GROW);
    CONSTANT(F_SEAL_WRITE);
    CONSTANT(MFD_CLOEXEC);
    CONSTANT(MFD_ALLOW_SEALING);
    CONSTANT(MAP_PRIVATE);
    CONSTANT(MAP_ANONYMOUS);
    CONSTANT(SYS_ioctl);
    CONSTANT(SYS_fcntl);
    CONSTANT(S_IFIFO);
    CONSTANT(SYS_flock); CONSTANT(SYS_geteuid); CONSTANT(SYS_mknodat); CONSTANT(SYS_fallocate);
    CONSTANT(SYS_sched_setaffinity); CONSTANT(SYS_sched_getaffinity);
    CONSTANT(SYS_timer_create); CONSTANT(SYS_timer_settime); CONSTANT(SYS_timer_delete);
    CONSTANT(SYS_fsync);
    CONSTANT(SYS_fdatasync);
    CONSTANT(SYS_ftruncate);
    CONSTANT(SYS_chmod);
    CONSTANT(SYS_capget);
    CONSTANT(SYS_openat);
    CONSTANT(SYS_fstatfs);
    CONSTANT(SYS_sync);
    CONSTANT(SYS_getdents64);
    CONSTANT(SYS_clock_gettime);
    CONSTANT(SYS_clock_getres);
    CONSTANT(SYS_mkdirat);
    CONSTANT(SYS_fchownat);
    CONSTANT(SYS_newfstatat);
    CONSTANT(SYS_unlinkat);
    CONSTANT(SYS_linkat);
    CONSTANT(SYS_symlinkat);
    CONSTANT(SYS_readlinkat);
    CONSTANT(SYS_ppoll);
    CONSTANT(SYS_utimensat);
    CONSTANT(SYS_prlimit64);
    CONSTANT(SYS_pwritev);
    CONSTANT(SYS_renameat2);
    CONSTANT(SYS_getrandom);
    CONSTANT(SYS_statx);
    CONSTANT(SYS_faccessat2);
    CONSTANT(O_ACCMODE);
    CONSTANT(O_WRONLY);
    CONSTANT(O_CREAT);
    CONSTANT(O_EXCL);
    CONSTANT(O_TRUNC);
    CONSTANT(O_APPEND);
    CONSTANT(O_DIRECTORY);
    CONSTANT(O_NOFOLLOW);
    CONSTANT(AT_SYMLINK_FOLLOW);
    CONSTANT(AT_SYMLINK_NOFOLLOW);
    CONSTANT(AT_REMOVEDIR);
    CONSTANT(AT_EACCESS);
    CONSTANT(AT_EMPTY_PATH);
    CONSTANT(S_IFMT);
    CONSTANT(S_IFDIR);
    CONSTANT(S_IFCHR);
    CONSTANT(S_IFBLK);
    CONSTANT(S_IFREG);
    CONSTANT(S_IFLNK);
    CONSTANT(S_ISUID);
    CONSTANT(S_ISGID);
    CONSTANT(F_SETFL);
    CONSTANT(TCGETS);
    CONSTANT(TCSETS);
    CONSTANT(TCSETSW);
    CONSTANT(TCSETSF);
    CONSTANT(TCSBRK);
    CONSTANT(TCFLSH);
    CONSTANT(TIOCOUTQ);
    CONSTANT(TIOCGWINSZ);
    CONSTANT(TCGETS2);
    CONSTANT(TCSETS2);
    CONSTANT(TCSETSW2);
    CONSTANT(TCSETSF2);
    CONSTANT(FIONREAD);
    CONSTANT(MAP_NORESERVE);
    CONSTANT(MADV_MERGEABLE);
    CONSTANT(MADV_HUGEPAGE);
    CONSTANT(EFD_NONBLOCK);
    CONSTANT(EFD_CLOEXEC);
    CONSTANT(AT_FDCWD);
    CONSTANT(POLLIN);
    CONSTANT(SYS_openat2);
    CONSTANT(RESOLVE_NO_MAGICLINKS);
    CONSTANT(RESOLVE_NO_XDEV);
    CONSTANT(RESOLVE_NO_SYMLINKS);
    CONSTANT(RESOLVE_BENEATH);
    CONSTANT(F_DUPFD_CLOEXEC);
    CONSTANT(SYS_dup2);
    CONSTANT(SYS_execve);
    CONSTANT(SYS_fchmod);
    CONSTANT(SYS_exit_group);
    CONSTANT(O_TMPFILE);
    CONSTANT(F_GETFD);
    CONSTANT(F_SETFD);
    CONSTANT(FD_CLOEXEC);
    CONSTANT(POLLOUT);
    CONSTANT(SIGXFSZ);
    printf("const.SIG_IGN %lld\n", (long long)(intptr_t)SIG_IGN);

    CONSTANT(IOV_MAX);
    CONSTANT(KVM_INTERNAL_ERROR_EMULATION);
    CONSTANT(SIGRTMIN);
    CONSTANT(SIGRTMAX);
}

static void sandbox(void)
{
    SANDBOX(SYS_fchdir);
    SANDBOX(SYS_capset);
    SANDBOX(SYS_prctl);
    SANDBOX(SYS_chroot);
    SANDBOX(SYS_mount);
    SANDBOX(SYS_unshare);
    SANDBOX(SYS_setns);
    SANDBOX(SYS_seccomp);
    SANDBOX(SYS_open_tree);
    SANDBOX(SYS_move_mount);
    SANDBOX(SYS_mount_setattr);
    SANDBOX(SYS_landlock_create_ruleset);
    SANDBOX(SYS_landlock_add_rule);
    SANDBOX(SYS_landlock_restrict_self);
    SANDBOX(CLONE_FS);
    SANDBOX(CLONE_THREAD);
    SANDBOX(CLONE_NEWNS);
    SANDBOX(AT_RECURSIVE);
    SANDBOX(OPEN_TREE_CLONE);
    SANDBOX(MOVE_MOUNT_F_EMPTY_PATH);
    SANDBOX(MS_REC);
    SANDBOX(MS_PRIVATE);
    SANDBOX(MS_SLAVE);
    SANDBOX(MOUNT_ATTR_RDONLY);
    SANDBOX(MOUNT_ATTR_NOSUID);
    SANDBOX(PR_SET_NO_NEW_PRIVS);
    SANDBOX(SECCOMP_SET_MODE_FILTER);
    SANDBOX(SECCOMP_GET_ACTION_AVAIL);
    SANDBOX(SECCOMP_FILTER_FLAG_SPEC_ALLOW);
    SANDBOX(SECCOMP_RET_ALLOW);
    SANDBOX(SECCOMP_RET_LOG);
    SANDBOX(SECCOMP_RET_ERRNO);
    SANDBOX(AUDIT_ARCH_X86_64);
    SANDBOX(LANDLOCK_CREATE_RULESET_VERSION);
    SANDBOX(LANDLOCK_RULE_PATH_BENEATH);
    SANDBOX(LANDLOCK_ACCESS_FS_EXECUTE);
    SANDBOX(LANDLOCK_ACCESS_FS_WRITE_FILE);
    SANDBOX(LANDLOCK_ACCESS_FS_READ_FILE);
    SANDBOX(LANDLOCK_ACCESS_FS_READ_DIR);
    SANDBOX(LANDLOCK_ACCESS_FS_REMOVE_DIR);
    SANDBOX(LANDLOCK_ACCESS_FS_REMOVE_FILE);
    SANDBOX(LANDLOCK_ACCESS_FS_MAKE_DIR);
    SANDBOX(LANDLOCK_ACCESS_FS_MAKE_REG);
    SANDBOX(LANDLOCK_ACCESS_FS_MAKE_SOCK);
    SANDBOX(LANDLOCK_ACCESS_FS_MAKE_FIFO);
    SANDBOX(LANDLOCK_ACCESS_FS_MAKE_SYM);
    SANDBOX(LANDLOCK_ACCESS_FS_REFER);
    LINE("sandboxsize.landlock_path_beneath_attr", sizeof(struct landlock_path_beneath_attr));
    LINE("sandboxsize.sock_filter", sizeof(struct sock_filter));
    LINE("sandboxsize.sock_fprog", sizeof(struct sock_fprog));
    LINE("sandboxsize.mount_attr", sizeof(struct mount_attr));
    LINE("sandboxsize.cap_header", sizeof(struct __user_cap_header_struct));
    LINE("sandboxsize.cap_data", 2 * sizeof(struct __user_cap_data_struct));
}

static void capabilities(void)
{
    CAPABILITY(UserMemory, KVM_CAP_USER_MEMORY);
    CAPABILITY(SetTssAddress, KVM_CAP_SET_TSS_ADDR);
    CAPABILITY(ExtendedCpuid, KVM_CAP_EXT_CPUID);
    CAPABILITY(RecommendedVcpus, KVM_CAP_NR_VCPUS);
    CAPABILITY(MemorySlots, KVM_CAP_NR_MEMSLOTS);
    CAPABILITY(SetIdentityMapAddress, KVM_CAP_SET_IDENTITY_MAP_ADDR);
    CAPABILITY(MaxVcpus, KVM_CAP_MAX_VCPUS);
    CAPABILITY(SyncRegisters, KVM_CAP_SYNC_REGS);
    CAPABILITY(ReadOnlyMemory, KVM_CAP_READONLY_MEM);
    CAPABILITY(ImmediateExit, KVM_CAP_IMMEDIATE_EXIT);
    CAPABILITY(CoalescedMmio, KVM_CAP_COALESCED_MMIO);
    CAPABILITY(SetGuestDebug, KVM_CAP_SET_GUEST_DEBUG);
    CAPABILITY(IoEventFd, KVM_CAP_IOEVENTFD);
    CAPABILITY(CoalescedPio, KVM_CAP_COALESCED_PIO);
    CAPABILITY(MachineCheck, KVM_CAP_MCE);
    CAPABILITY(VcpuEvents, KVM_CAP_VCPU_EVENTS);
    CAPABILITY(DebugRegisters, KVM_CAP_DEBUGREGS);
    CAPABILITY(Xsave, KVM_CAP_XSAVE);
    CAPABILITY(Xcrs, KVM_CAP_XCRS);
    CAPABILITY(Xsave2, KVM_CAP_XSAVE2);
    CAPABILITY(MsrFilter, KVM_CAP_X86_MSR_FILTER);
    CAPABILITY(EnforceParavirtualCpuid, KVM_CAP_ENFORCE_PV_FEATURE_CPUID);
    CAPABILITY(PerformanceCounters, KVM_CAP_PMU_CAPABILITY);
    CAPABILITY(DisableQuirks, KVM_CAP_DISABLE_QUIRKS2);
    CAPABILITY(TripleFaultEvent, KVM_CAP_X86_TRIPLE_FAULT_EVENT);
}

static void exits(void)
{
    EXIT(Unknown, KVM_EXIT_UNKNOWN);
    EXIT(Exception, KVM_EXIT_EXCEPTION);
    EXIT(Io, KVM_EXIT_IO);
    EXIT(Hypercall, KVM_EXIT_HYPERCALL);
    EXIT(Debug, KVM_EXIT_DEBUG);
    EXIT(Hlt, KVM_EXIT_HLT);
    EXIT(Mmio, KVM_EXIT_MMIO);
    EXIT(IrqWindowOpen, KVM_EXIT_IRQ_WINDOW_OPEN);
    EXIT(Shutdown, KVM_EXIT_SHUTDOWN);
    EXIT(FailEntry, KVM_EXIT_FAIL_ENTRY);
    EXIT(Intr, KVM_EXIT_INTR);
    EXIT(SetTpr, KVM_EXIT_SET_TPR);
    EXIT(TprAccess, KVM_EXIT_TPR_ACCESS);
    EXIT(Nmi, KVM_EXIT_NMI);
    EXIT(InternalError, KVM_EXIT_INTERNAL_ERROR);
    EXIT(SystemEvent, KVM_EXIT_SYSTEM_EVENT);
    EXIT(Rdmsr, KVM_EXIT_X86_RDMSR);
    EXIT(Wrmsr, KVM_EXIT_X86_WRMSR);
    EXIT(DirtyRingFull, KVM_EXIT_DIRTY_RING_FULL);
    EXIT(BusLock, KVM_EXIT_X86_BUS_LOCK);
    EXIT(Notify, KVM_EXIT_NOTIFY);
}

static void errors(void)
{
    ERROR(ESRCH);
    ERROR(ENXIO);
    ERROR(E2BIG);
    ERROR(ENODEV);
    ERROR(ETXTBSY);
    ERROR(EMLINK);
    ERROR(ERANGE);
    ERROR(ENOTEMPTY);
    ERROR(EOPNOTSUPP);
    ERROR(EPERM);
    ERROR(ENOENT);
    ERROR(EINTR);
    ERROR(EIO);
    ERROR(EBADF);
    ERROR(EAGAIN);
    ERROR(ENOMEM);
    ERROR(EACCES);
    ERROR(EFAULT);
    ERROR(EBUSY);
    ERROR(EEXIST);
    ERROR(EXDEV);
    ERROR(ENOTDIR);
    ERROR(EISDIR);
    ERROR(EINVAL);
    ERROR(EMFILE);
    ERROR(ENFILE);
    ERROR(ENOTTY);
    ERROR(ENOTSOCK); ERROR(ETIMEDOUT);
    ERROR(EFBIG);
    ERROR(ENOSPC);
    ERROR(ESPIPE);
    ERROR(EROFS);
    ERROR(EPIPE);
    ERROR(ENAMETOOLONG);
    ERROR(ENOSYS);
    ERROR(ELOOP);
    ERROR(EOVERFLOW);
}

static void registers(void)
{
    SIZE(kvm_regs);
    FIELD(kvm_regs, rax); FIELD(kvm_regs, rbx); FIELD(kvm_regs, rcx); FIELD(kvm_regs, rdx);
    FIELD(kvm_regs, rsi); FIELD(kvm_regs, rdi); FIELD(kvm_regs, rsp); FIELD(kvm_regs, rbp);
    FIELD(kvm_regs, r8); FIELD(kvm_regs, r9); FIELD(kvm_regs, r10); FIELD(kvm_regs, r11);
    FIELD(kvm_regs, r12); FIELD(kvm_regs, r13); FIELD(kvm_regs, r14); FIELD(kvm_regs, r15);
    FIELD(kvm_regs, rip); FIELD(kvm_regs, rflags);

    SIZE(kvm_segment);
    FIELD(kvm_segment, base); FIELD(kvm_segment, limit); FIELD(kvm_segment, selector);
    FIELD(kvm_segment, type); FIELD(kvm_segment, present); FIELD(kvm_segment, dpl);
    FIELD(kvm_segment, db); FIELD(kvm_segment, s); FIELD(kvm_segment, l); FIELD(kvm_segment, g);
    FIELD(kvm_segment, avl); FIELD(kvm_segment, unusable); FIELD(kvm_segment, padding);

    SIZE(kvm_dtable);
    FIELD(kvm_dtable, base); FIELD(kvm_dtable, limit);

    SIZE(kvm_sregs);
    FIELD(kvm_sregs, cs); FIELD(kvm_sregs, ds); FIELD(kvm_sregs, es); FIELD(kvm_sregs, fs);
    FIELD(kvm_sregs, gs); FIELD(kvm_sregs, ss); FIELD(kvm_sregs, tr); FIELD(kvm_sregs, ldt);
    FIELD(kvm_sregs, gdt); FIELD(kvm_sregs, idt);
    FIELD(kvm_sregs, cr0); FIELD(kvm_sregs, cr2); FIELD(kvm_sregs, cr3); FIELD(kvm_sregs, cr4);
    FIELD(kvm_sregs, cr8); FIELD(kvm_sregs, efer); FIELD(kvm_sregs, apic_base);
    FIELD(kvm_sregs, interrupt_bitmap);
    LINE("size.InterruptBitmap", sizeof(((struct kvm_sregs *)0)->interrupt_bitmap));

    // The C header nests what the C# side lists flat.
    SIZE(kvm_vcpu_events);
#define EVENT(name, path) LINE("offset.kvm_vcpu_events." #name, offsetof(struct kvm_vcpu_events, path))
    EVENT(exception_injected, exception.injected); EVENT(exception_nr, exception.nr);
    EVENT(exception_has_error_code, exception.has_error_code); EVENT(exception_pending, exception.pending);
    EVENT(exception_error_code, exception.error_code);
    EVENT(interrupt_injected, interrupt.injected); EVENT(interrupt_nr, interrupt.nr);
    EVENT(interrupt_soft, interrupt.soft); EVENT(interrupt_shadow, interrupt.shadow);
    EVENT(nmi_injected, nmi.injected); EVENT(nmi_pending, nmi.pending);
    EVENT(nmi_masked, nmi.masked); EVENT(nmi_pad, nmi.pad);
    EVENT(sipi_vector, sipi_vector); EVENT(flags, flags);
    EVENT(smi_smm, smi.smm); EVENT(smi_pending, smi.pending);
    EVENT(smi_smm_inside_nmi, smi.smm_inside_nmi); EVENT(smi_latched_init, smi.latched_init);
    EVENT(triple_fault_pending, triple_fault.pending); EVENT(reserved, reserved);
    EVENT(exception_has_payload, exception_has_payload); EVENT(exception_payload, exception_payload);
    LINE("size.ReservedBytes", sizeof(((struct kvm_vcpu_events *)0)->reserved));

    SIZE(kvm_sync_regs);
    FIELD(kvm_sync_regs, regs); FIELD(kvm_sync_regs, sregs); FIELD(kvm_sync_regs, events);
}

static void run_page(void)
{
    SIZE(kvm_run);
    FIELD(kvm_run, request_interrupt_window); FIELD(kvm_run, immediate_exit); FIELD(kvm_run, exit_reason);
    FIELD(kvm_run, ready_for_interrupt_injection); FIELD(kvm_run, if_flag); FIELD(kvm_run, flags);
    FIELD(kvm_run, cr8); FIELD(kvm_run, apic_base);
    LINE("offset.kvm_run.hw_hardware_exit_reason", offsetof(struct kvm_run, hw.hardware_exit_reason));
    FIELD(kvm_run, fail_entry); FIELD(kvm_run, io); FIELD(kvm_run, debug); FIELD(kvm_run, mmio);
    FIELD(kvm_run, internal); FIELD(kvm_run, system_event); FIELD(kvm_run, msr);
    FIELD(kvm_run, kvm_valid_regs); FIELD(kvm_run, kvm_dirty_regs);
    LINE("offset.kvm_run.s_regs", offsetof(struct kvm_run, s.regs));

    PART_SIZE(kvm_run_fail_entry, fail_entry);
    PART(kvm_run_fail_entry, fail_entry, hardware_entry_failure_reason); PART(kvm_run_fail_entry, fail_entry, cpu);

    PART_SIZE(kvm_run_io, io);
    PART(kvm_run_io, io, direction); PART(kvm_run_io, io, size); PART(kvm_run_io, io, port);
    PART(kvm_run_io, io, count); PART(kvm_run_io, io, data_offset);

    SIZE(kvm_debug_exit_arch);
    FIELD(kvm_debug_exit_arch, exception); FIELD(kvm_debug_exit_arch, pad); FIELD(kvm_debug_exit_arch, pc);
    FIELD(kvm_debug_exit_arch, dr6); FIELD(kvm_debug_exit_arch, dr7);

    PART_SIZE(kvm_run_mmio, mmio);
    PART(kvm_run_mmio, mmio, phys_addr); PART(kvm_run_mmio, mmio, data); PART(kvm_run_mmio, mmio, len);
    PART(kvm_run_mmio, mmio, is_write);

    PART_SIZE(kvm_run_internal, internal);
    PART(kvm_run_internal, internal, suberror); PART(kvm_run_internal, internal, ndata);
    PART(kvm_run_internal, internal, data);
    LINE("size.Data", sizeof(RUN(internal.data)));

    PART_SIZE(kvm_run_system_event, system_event);
    PART(kvm_run_system_event, system_event, type); PART(kvm_run_system_event, system_event, ndata);
    PART(kvm_run_system_event, system_event, data);

    PART_SIZE(kvm_run_msr, msr);
    PART(kvm_run_msr, msr, error); PART(kvm_run_msr, msr, reason); PART(kvm_run_msr, msr, index);
    PART(kvm_run_msr, msr, data);
}

static void others(void)
{
    SIZE(kvm_userspace_memory_region);
    FIELD(kvm_userspace_memory_region, slot); FIELD(kvm_userspace_memory_region, flags);
    FIELD(kvm_userspace_memory_region, guest_phys_addr); FIELD(kvm_userspace_memory_region, memory_size);
    FIELD(kvm_userspace_memory_region, userspace_addr);

    SIZE(kvm_dirty_log);
    FIELD(kvm_dirty_log, slot); FIELD(kvm_dirty_log, padding1); FIELD(kvm_dirty_log, dirty_bitmap);
    SIZE(kvm_ioeventfd);
    FIELD(kvm_ioeventfd, datamatch); FIELD(kvm_ioeventfd, addr); FIELD(kvm_ioeventfd, len);
    FIELD(kvm_ioeventfd, fd); FIELD(kvm_ioeventfd, flags);

    SIZE(kvm_coalesced_mmio_zone);
    FIELD(kvm_coalesced_mmio_zone, addr); FIELD(kvm_coalesced_mmio_zone, size); FIELD(kvm_coalesced_mmio_zone, pio);

    SIZE(kvm_coalesced_mmio);
    FIELD(kvm_coalesced_mmio, phys_addr); FIELD(kvm_coalesced_mmio, len); FIELD(kvm_coalesced_mmio, pio);
    FIELD(kvm_coalesced_mmio, data);

    SIZE(kvm_coalesced_mmio_ring);
    FIELD(kvm_coalesced_mmio_ring, first); FIELD(kvm_coalesced_mmio_ring, last);

    SIZE(kvm_device_attr);
    FIELD(kvm_device_attr, flags); FIELD(kvm_device_attr, group); FIELD(kvm_device_attr, attr); FIELD(kvm_device_attr, addr);
    SIZE(kvm_debugregs);
    FIELD(kvm_debugregs, db); FIELD(kvm_debugregs, dr6); FIELD(kvm_debugregs, dr7);
    FIELD(kvm_debugregs, flags); FIELD(kvm_debugregs, reserved);
    LINE("size.Breakpoints", sizeof(((struct kvm_debugregs *)0)->db));
    LINE("size.ReservedWords", sizeof(((struct kvm_debugregs *)0)->reserved));
    SIZE(kvm_xcr);
    FIELD(kvm_xcr, xcr); FIELD(kvm_xcr, reserved); FIELD(kvm_xcr, value);
    SIZE(kvm_xcrs);
    FIELD(kvm_xcrs, nr_xcrs); FIELD(kvm_xcrs, flags); FIELD(kvm_xcrs, xcrs); FIELD(kvm_xcrs, padding);
    LINE("size.Registers", sizeof(((struct kvm_xcrs *)0)->xcrs));
    LINE("size.Padding", sizeof(((struct kvm_xcrs *)0)->padding));
    SIZE(kvm_msr_entry);
    FIELD(kvm_msr_entry, index); FIELD(kvm_msr_entry, reserved); FIELD(kvm_msr_entry, data);
    SIZE(kvm_enable_cap);
    FIELD(kvm_enable_cap, cap); FIELD(kvm_enable_cap, flags); FIELD(kvm_enable_cap, args);
    LINE("size.Arguments", sizeof(((struct kvm_enable_cap *)0)->args));
    SIZE(kvm_msr_filter_range);
    FIELD(kvm_msr_filter_range, flags); FIELD(kvm_msr_filter_range, nmsrs);
    FIELD(kvm_msr_filter_range, base); FIELD(kvm_msr_filter_range, bitmap);
    SIZE(kvm_msr_filter);
    FIELD(kvm_msr_filter, flags); FIELD(kvm_msr_filter, ranges);
    LINE("size.Ranges", sizeof(((struct kvm_msr_filter *)0)->ranges));
    SIZE(kvm_guest_debug);
    FIELD(kvm_guest_debug, control); FIELD(kvm_guest_debug, pad);
    LINE("offset.kvm_guest_debug.debugreg", offsetof(struct kvm_guest_debug, arch.debugreg));
    LINE("size.DebugRegisters", sizeof(((struct kvm_guest_debug *)0)->arch.debugreg));

    SIZE(kvm_cpuid_entry2);
    FIELD(kvm_cpuid_entry2, function); FIELD(kvm_cpuid_entry2, index); FIELD(kvm_cpuid_entry2, flags);
    FIELD(kvm_cpuid_entry2, eax); FIELD(kvm_cpuid_entry2, ebx); FIELD(kvm_cpuid_entry2, ecx);
    FIELD(kvm_cpuid_entry2, edx);
    LINE("offset.kvm_cpuid2.entries", offsetof(struct kvm_cpuid2, entries));

    SIZE(iovec);
    FIELD(iovec, iov_base); FIELD(iovec, iov_len);

    SIZE(open_how);
    FIELD(open_how, flags); FIELD(open_how, mode); FIELD(open_how, resolve);

    LINE("size.sigaction_t", sizeof(struct sigaction));
    LINE("offset.sigaction_t.sa_handler", offsetof(struct sigaction, sa_handler));
    LINE("offset.sigaction_t.sa_flags", offsetof(struct sigaction, sa_flags));
}

int main(void)
{
    constants();
    capabilities();
    sandbox();
    exits();
    errors();
    registers();
    run_page();
    others();
    return 0;
}
