// Never ends, and asks nothing of anyone: only the host can stop it.
int main(void)
{
    for (;;) {
    }
}
