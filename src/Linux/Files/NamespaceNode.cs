using System.Globalization;
using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Linux.Files;

/// <summary>
/// A name of the guest's tree that the mappings or the program itself put there: the root of a mapping, a device, a link, what the
/// program is told of itself, or a directory on the way to one of these.
/// </summary>
internal sealed class NamespaceNode(string name, ulong inode)
{
    // As bytes: a guest's path need not be text in any encoding.
    private readonly SortedDictionary<string, NamespaceNode> _children = new(StringComparer.Ordinal);

    /// <summary>Its name in its parent, one character for each byte.</summary>
    public string Name { get; } = name;

    /// <summary>The host's file or directory mapped here, or null.</summary>
    public HostNode? Root { get; set; }

    /// <summary>What the guest may do with <see cref="Root"/>.</summary>
    public MappingAccess Access { get; set; }

    /// <summary>What the mapping lies over in the mapping above it; null for nothing, or for its own root.</summary>
    public HostNode? Covered { get; set; }

    /// <summary>Whether other mappings are below <see cref="Root"/> on the host, or lie over something there.</summary>
    public bool HoldsOthers { get; set; }

    /// <summary>Whether anything is below it in the tree.</summary>
    public bool HasChildren => _children.Count > 0;

    /// <summary>The device here, or null.</summary>
    public DeviceKind? Device { get; init; }

    /// <summary>The descriptor whose file this is another name of, or null.</summary>
    public int? Descriptor { get; init; }

    /// <summary>Whether each of the guest's descriptors is below it, under its number.</summary>
    public bool HoldsDescriptors { get; init; }

    /// <summary>Where the link here leads, or null.</summary>
    public byte[]? Link { get; init; }

    /// <summary>Whether the link leads to the program that runs, whatever that is by now.</summary>
    public bool IsProgram { get; init; }

    /// <summary>What is told here, or null.</summary>
    public ProcFile? Proc { get; init; }

    /// <summary>What is here that is no file of the host's, or null.</summary>
    public ProvidedFile? Provided { get; init; }

    /// <summary>Whether nothing is here but what is below.</summary>
    public bool IsPlainDirectory => Root is null && Device is null && Link is null && Descriptor is null && Proc is null && Provided is null;

    /// <summary>Whether its parent lists it.</summary>
    public bool IsListed { get; set; } = true;

    /// <summary>The node below with a name, or null.</summary>
    public NamespaceNode? this[ReadOnlySpan<byte> child] =>
        _children.Count > 0 ? _children.GetValueOrDefault(Encoding.Latin1.GetString(child)) : HoldsDescriptors ? FindDescriptor(child) : null;

    /// <summary>What is directly below.</summary>
    public IEnumerable<NamespaceNode> Children => _children.Values;

    /// <summary>Its status, where it is not the host's.</summary>
    public stat_t Status => Device is { } device
        ? SyntheticStatus.Of(ModeBits.CharacterDevice | 0x1B6, inode, DeviceNumber(device))
        : Link is { } link ? SyntheticStatus.Of(ModeBits.Link | 0x1FF, inode, size: link.Length)
        : Descriptor is not null ? SyntheticStatus.Of(ModeBits.Link | 0x1C0, inode)
        : Provided is { } file ? (file.Stream is null
            ? SyntheticStatus.Of(ModeBits.Regular | 0x16D, inode, size: file.Content.Length) : SyntheticStatus.Of(ModeBits.Fifo | 0x180, inode))
        : SyntheticStatus.Of(Proc is null ? ModeBits.Directory | 0x16D : ModeBits.Regular | 0x124, inode);

    /// <summary>The same as an entry of its directory.</summary>
    public DirectoryEntry Entry => new(Encoding.Latin1.GetBytes(Name), inode, Device is not null
        ? DirectoryEntries.TypeCharacterDevice
        : Link is not null || Descriptor is not null ? DirectoryEntries.TypeLink
        : Root is { IsDirectory: false } || Proc is not null || Provided is not null ? DirectoryEntries.TypeFile : DirectoryEntries.TypeDirectory);

    /// <summary>Puts a node below.</summary>
    public void Add(NamespaceNode child) => _children[child.Name] = child;

    /// <summary>Takes the node of a name away.</summary>
    public void Remove(string name) => _children.Remove(name);

    /// <summary>Its entries, <c>.</c> and <c>..</c> among them.</summary>
    public DirectoryEntries List() => new(
        [new DirectoryEntry("."u8.ToArray(), inode, DirectoryEntries.TypeDirectory),
         new DirectoryEntry(".."u8.ToArray(), inode, DirectoryEntries.TypeDirectory),
         .. Children.Where(child => child.IsListed).Select(child => child.Entry)]);

    /// <summary>The same of what holds descriptors.</summary>
    /// <param name="open">Those that are open.</param>
    public DirectoryEntries List(IEnumerable<int> open) => new(
        [new DirectoryEntry("."u8.ToArray(), inode, DirectoryEntries.TypeDirectory),
         new DirectoryEntry(".."u8.ToArray(), inode, DirectoryEntries.TypeDirectory),
         .. open.Select(fd => OfDescriptor(fd).Entry)]);

    private NamespaceNode? FindDescriptor(ReadOnlySpan<byte> name) =>
        name is [>= (byte)'1' and <= (byte)'9', ..] or [(byte)'0'] && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var fd) ? OfDescriptor(fd) : null;

    private NamespaceNode OfDescriptor(int fd) => new(fd.ToString(CultureInfo.InvariantCulture), inode + 1 + (ulong)fd) { Descriptor = fd };

    private static ulong DeviceNumber(DeviceKind device) => device switch
    {
        // Documentation/admin-guide/devices.txt of the kernel.
        DeviceKind.Null => SyntheticStatus.Device(1, 3),
        DeviceKind.Zero => SyntheticStatus.Device(1, 5),
        DeviceKind.Full => SyntheticStatus.Device(1, 7),
        DeviceKind.Random => SyntheticStatus.Device(1, 9),
        _ => SyntheticStatus.Device(5, 0),
    };
}
