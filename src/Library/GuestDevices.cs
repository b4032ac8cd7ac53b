namespace KvmActors;

/// <summary>
/// A device on ports, written in C#. It is called on the threads of its guest's vCPUs, which are confined to what the guest may have and wait
/// meanwhile: it opens no file, starts no task, waits for nothing, and where there are several vCPUs it may be called by all of them at once.
/// </summary>
public interface IPortDevice
{
    /// <summary>The guest reads from one of its ports (<c>in</c>).</summary>
    /// <param name="offset">Which, from its first.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <returns>What it reads; the lowest bytes count.</returns>
    uint Read(int offset, int size);

    /// <summary>The guest writes to one of its ports (<c>out</c>).</summary>
    /// <param name="offset">Which, from its first.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <param name="value">What it writes.</param>
    void Write(int offset, int size, uint value);
}

/// <summary>A device with registers in memory, written in C#. It is called as <see cref="IPortDevice"/> is.</summary>
public interface IMemoryDevice
{
    /// <summary>The guest reads one of its registers.</summary>
    /// <param name="offset">Where, in bytes from its first.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    /// <returns>What it reads; the lowest bytes count.</returns>
    ulong Read(long offset, int size);

    /// <summary>The guest writes one of its registers.</summary>
    /// <param name="offset">Where, in bytes from its first.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">What it writes.</param>
    void Write(long offset, int size, ulong value);
}

/// <summary>Where a device is, and how one is made for each guest.</summary>
public abstract class GuestDevice
{
    private protected GuestDevice()
    {
    }

    /// <summary>A device on ports.</summary>
    /// <param name="firstPort">Its first port.</param>
    /// <param name="count">How many it has, at least 1; the hypercalls' ports, 0x8000 to 0x80FF and 0xFFFF, are taken.</param>
    /// <param name="create">Makes the device of one guest. When that is disposable, it is disposed with the guest's VM.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such ports, or they are taken.</exception>
    public static GuestDevice OnPorts(int firstPort, int count, Func<IPortDevice> create)
    {
        const int FirstHypercall = 0x8000, LastHypercall = 0x80FF, LastPort = 0xFFFE;
        ArgumentOutOfRangeException.ThrowIfNegative(firstPort);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentNullException.ThrowIfNull(create);
        if (firstPort + (long)count - 1 > LastPort || (firstPort <= LastHypercall && firstPort + count > FirstHypercall))
        {
            throw new ArgumentOutOfRangeException(nameof(firstPort), firstPort, "A device's ports lie between 0 and 0xFFFE, and not between 0x8000 and 0x80FF, where the hypercalls are.");
        }

        return new Ports(firstPort, count, create);
    }

    /// <summary>A device with registers in memory.</summary>
    /// <param name="address">The guest-physical address of its first byte, above the guest's memory.</param>
    /// <param name="length">How many bytes it has, at least 1; whole pages of 4 KiB are its own.</param>
    /// <param name="create">Makes the device of one guest. When that is disposable, it is disposed with the guest's VM.</param>
    public static GuestDevice InMemory(ulong address, long length, Func<IMemoryDevice> create)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentNullException.ThrowIfNull(create);
        return new Memory(address, length, create);
    }

    internal sealed class Ports(int firstPort, int count, Func<IPortDevice> create) : GuestDevice
    {
        public int FirstPort => firstPort;

        public int Count => count;

        public Func<IPortDevice> Create => create;
    }

    internal sealed class Memory(ulong address, long length, Func<IMemoryDevice> create) : GuestDevice
    {
        public ulong Address => address;

        public long Length => length;

        public Func<IMemoryDevice> Create => create;
    }
}
