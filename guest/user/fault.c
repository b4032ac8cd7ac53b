// Touches an address where nothing is mapped.
int main(void)
{
    *(volatile int *)0xdeadbeef = 1;
    return 0;
}
