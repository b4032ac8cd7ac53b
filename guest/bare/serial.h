// The first serial port, a 16550.
#ifndef SERIAL_H
#define SERIAL_H

#define SERIAL_DATA 0x3f8       // with LCR bit 7 set: divisor, low byte
#define SERIAL_IER  0x3f9       // interrupt enable; with LCR bit 7 set: divisor, high byte
#define SERIAL_LCR  0x3fb       // line control
#define SERIAL_LSR  0x3fd       // line status
#define SERIAL_SCR  0x3ff       // scratch: stores a byte and does nothing

#define LSR_DATA_READY        0x01
#define LSR_TRANSMITTER_EMPTY 0x20

#endif
