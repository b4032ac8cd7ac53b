using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class SyntheticStatusTests
{
    [Fact]
    public void Extend_Status_SaysTheSame()
    {
        var status = SyntheticStatus.Of(ModeBits.CharacterDevice | 0x1B6, inode: 9, SyntheticStatus.Device(136, 5), size: 3);

        var extended = SyntheticStatus.Extend(status);

        Assert.Equal((0x21B6, 9UL, 3UL, 1U), (extended.stx_mode, extended.stx_ino, extended.stx_size, extended.stx_nlink));
        Assert.Equal((136U, 5U, 4096U), (extended.stx_rdev_major, extended.stx_rdev_minor, extended.stx_blksize));

        // STATX_BASIC_STATS
        Assert.Equal(0x7FFU, extended.stx_mask);
    }
}
