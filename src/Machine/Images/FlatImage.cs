using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Images;

/// <summary>A flat image: the file's bytes, as they are, at one address.</summary>
public static class FlatImage
{
    /// <summary>Reads a flat image.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="loadAddress">Where they go, guest-physical.</param>
    /// <param name="entryOffset">Where execution starts, in bytes from the first.</param>
    /// <exception cref="ImageFormatException">The file is empty, the entry is outside it, or addresses wrap around.</exception>
    public static GuestImage Parse(ReadOnlyMemory<byte> file, GuestPhysAddr loadAddress, ulong entryOffset)
    {
        if (file.IsEmpty)
        {
            throw new ImageFormatException("the image is empty");
        }

        if (entryOffset >= (ulong)file.Length)
        {
            throw new ImageFormatException($"the entry offset 0x{entryOffset:x} is outside the image of {file.Length} bytes");
        }

        if (loadAddress + (ulong)file.Length < loadAddress)
        {
            throw new ImageFormatException($"the image wraps around at the end of the address space when loaded at {loadAddress}");
        }

        return new GuestImage([new ImageSegment(loadAddress, file, (ulong)file.Length)], loadAddress + entryOffset);
    }
}
