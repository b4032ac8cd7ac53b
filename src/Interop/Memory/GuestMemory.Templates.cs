using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Memory;

/// <summary>Memory that starts as a template, and can be made so again.</summary>
public sealed unsafe partial class GuestMemory
{
    private const int CopyOnWrite = LibC.MAP_PRIVATE | LibC.MAP_NORESERVE;

    /// <summary>The template it was mapped from; null for memory that was zero at first.</summary>
    public MemoryTemplate? Template { get; private set; }

    /// <summary>Makes memory that holds what a template does; pages are copied when they are written.</summary>
    /// <param name="template">The template. It may be disposed before the memory, but not before <see cref="ResetTo"/>.</param>
    /// <param name="advice">How the kernel may treat it.</param>
    /// <exception cref="SystemCallException">mmap failed.</exception>
    public static GuestMemory Map(MemoryTemplate template, MemoryAdvice advice = MemoryAdvice.None)
    {
        var memory = MapEach([.. template.Ranges], advice, CopyOnWrite, template.Descriptor);
        memory.Template = template;
        return memory;
    }

    /// <summary>
    /// Drops every page that was written, by the guest or by us: the memory holds what the template does. No vCPU may run and
    /// no other thread use the memory meanwhile.
    /// </summary>
    /// <param name="template">The template it was mapped from, or one of the same ranges.</param>
    /// <exception cref="SystemCallException">madvise or mmap failed; what the memory holds is not known then.</exception>
    public void ResetTo(MemoryTemplate template)
    {
        nint offset = 0;
        foreach (ref readonly var region in _regions.AsSpan())
        {
            if (ReferenceEquals(template, Template))
            {
                // SAFETY: exactly one of our private mappings. Its pages are given up, so that the file's show again.
                LibC.Check(LibC.madvise(region.Host, (nuint)region.Range.Length, LibC.MADV_DONTNEED), "MADV_DONTNEED", $"{region.Range.Length} bytes of guest memory");
            }
            else
            {
                // SAFETY: exactly one of our mappings is replaced by one of the same size at the same place.
                var host = LibC.mmap(
                    region.Host, (nuint)region.Range.Length, LibC.PROT_READ | LibC.PROT_WRITE, CopyOnWrite | LibC.MAP_FIXED, template.Descriptor, offset);
                if (host != region.Host)
                {
                    throw new SystemCallException("mmap", LibC.LastError, $"{region.Range.Length} bytes of guest memory");
                }

                Advise(region.Host, region.Range.Length, _advice);
            }

            offset += (nint)region.Range.Length;
        }

        Template = template;
    }

    /// <summary>Memory that writes through to a file.</summary>
    internal static GuestMemory MapShared(FileDescriptor file, IReadOnlyList<MemoryRange> ranges) =>
        MapEach([.. ranges], MemoryAdvice.None, LibC.MAP_SHARED, file.Number);
}
