// The firmware of a thermostat: no kernel, no library, and a device at REGISTERS, which the host's C# plays.
#include <stdint.h>

#define REGISTERS   0x40000000ul
#define TEMPERATURE 0x0             // reads: of the room, in hundredths of a degree
#define TARGET      0x4             // reads: what is wanted
#define HEATER      0x8             // writes: 1 switches it on, 0 off
#define TICK        0xC             // writes: waits for so many seconds
#define HYSTERESIS  50
#define TICKS       200

static int32_t read(uint64_t offset) { return *(volatile int32_t *)(REGISTERS + offset); }
static void write(uint64_t offset, int32_t value) { *(volatile int32_t *)(REGISTERS + offset) = value; }

__attribute__((noreturn)) void _start(void)
{
    int32_t target = read(TARGET), is_on = 0;

    for (int i = 0; i < TICKS; i++) {
        int32_t temperature = read(TEMPERATURE);

        if (temperature < target - HYSTERESIS && !is_on)
            write(HEATER, is_on = 1);
        else if (temperature > target + HYSTERESIS && is_on)
            write(HEATER, is_on = 0);
        write(TICK, 60);
    }
    for (;;)
        __asm__ volatile("hlt");
}
