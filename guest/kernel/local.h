// How the functions behind the local system calls are declared. syscall.S calls them with the six arguments where C has them and
// saves no registers for them: each function saves those it uses, which are few.
#ifndef LOCAL_H
#define LOCAL_H

#define LOCAL_SYSCALL __attribute__((no_caller_saved_registers)) long

#endif
