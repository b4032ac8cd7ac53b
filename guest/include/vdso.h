// The page of time (PROGRAM_INFO of hypercall.h): written by the host, read by the program's own code in ring 3 (guest/vdso).
// The host's copy is src/Linux/Syscalls/ClockPage.cs; a test compares the two.
#ifndef VDSO_H
#define VDSO_H

// A reader takes `sequence`, which is odd while the host writes, before and after all else, and begins again when the two differ.
// What has passed on the time stamp counter since `stamp` says what time it is, as long as that is no more than `most` ticks; beyond
// it, and where it is 0, only the system call knows, and the host writes the page anew when it serves one.
//     monotonic = base + ((counter - stamp) * multiplier >> shift), in nanoseconds; the other clocks are so much more.
struct clock_page {
    volatile unsigned int sequence;
    unsigned int shift;
    unsigned long stamp;
    unsigned long most;
    unsigned long multiplier;
    unsigned long base;
    unsigned long realtime;
    unsigned long boottime;
};

#endif
