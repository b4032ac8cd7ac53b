// A 64-bit kernel in the top 2 GiB that starts as 32-bit code: stub32/entry.S turns 64-bit mode on and calls kmain. Boot
// `protected32`, 2 MiB of memory. It prints to the serial port and returns, which halts.

// stub32/entry.S
void serial_write(char value);
void kmain(void);

static const char greeting[] = "hello from the 64-bit kernel\n";

void kmain(void)
{
    for (const char *text = greeting; *text; text++)
        serial_write(*text);
}
