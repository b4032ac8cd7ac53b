// What every probe guest shares. Each asks this machine's KVM one question and reports by 4-byte writes to PROBE_PORT; the host
// judges what it sees (src/Actors/Capabilities). All boot `long64`, loaded at 0.
#ifndef PROBE_H
#define PROBE_H

#define PROBE_PORT   0x500              // reports
#define QUIET_PORT   0x510              // writes that the host may have KVM keep to itself
#define ANSWER       0x5AFE             // what a probe reports when everything went as on hardware

#define IDT          0x10000            // a page that is zero but for the gates a probe fills in
#define VECTOR       0x40
#define GATE_RING0   0x8E00             // present, 64-bit interrupt gate (Intel SDM vol. 3A, section 7.14.1)
#define GATE_RING3   0xEE00             // the same, and ring 3 may use it

// Zero but for RSP0 and where the map of ports begins that ring 3 may use: a 0 bit for each, up to the limit (Intel SDM vol. 1,
// section 19.5.2). IOPL would do as well, but not every KVM carries it into ring 3.
#define TSS          0x11000
#define TSS_RSP0     0x04
#define TSS_IO_MAP   0x66
#define TSS_SIZE     0x68
#define TSS_LIMIT    (TSS_SIZE + (QUIET_PORT >> 3) + 1)

#define RING0_STACK  0x28000            // for the way back from ring 3
#define RING3_STACK  0x20000
#define PAGE_USER    0x4
#define RFLAGS_INITIAL 0x2

// Reports EAX; changes EDX.
#define REPORT  mov $PROBE_PORT, %edx; out %eax, %dx

#endif
