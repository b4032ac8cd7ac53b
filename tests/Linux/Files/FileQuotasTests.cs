using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Limits;

namespace KvmActors.Linux.Tests.Files;

/// <summary>What a guest may use of its files, by its calls.</summary>
public sealed class FileQuotasTests : IDisposable
{
    private const int Create = 0x42, Append = 0x442, TemporaryFile = 0x41_0002, Block = 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // 30,000 of them would hold 1 GB of the host's memory if each had its 64 KiB from the beginning.
    [Fact]
    public void Pipe_ManyThatAreEmpty_HoldNothing()
    {
        using var guest = Guest(new FileLimits { OpenFiles = 2000, PipeBytes = 0 });
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var index = 0; index < 1000; index++)
        {
            guest.Pipe(0x800);
            guest.Rewind();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.Equal(new LimitUse("PipeBytes", 0, 0, 0), Use(guest, "PipeBytes"));
    }

    [Fact]
    public void Pipe_MoreBytesThanAllowed_IsEnomemUntilOneIsClosed()
    {
        using var guest = Guest(new FileLimits { PipeBytes = 2 * Block });
        var pipes = new[] { guest.Pipe(0x800), guest.Pipe(0x800), guest.Pipe(0x800) };
        var source = guest.Room(Block);

        Assert.Equal(
            [Block, Block, Errno.ENOMEM.ToResult()],
            pipes.Select(pipe => guest.Call(CallNumber.Write, pipe.Writer, source, Block)));
        Assert.Equal(new LimitUse("PipeBytes", 2 * Block, 2 * Block, 1), Use(guest, "PipeBytes"));

        guest.Call(CallNumber.Close, pipes[0].Reader);
        Assert.Equal(Block, guest.Call(CallNumber.Write, pipes[2].Writer, source, Block));
    }

    // What a pipe has room for, it takes.
    [Fact]
    public void Pipe_GrowingBeyondWhatIsAllowed_TakesAPart()
    {
        using var guest = Guest(new FileLimits { PipeBytes = Block });
        var (_, writer) = guest.Pipe(0x800);
        var source = guest.Room(2 * Block);

        Assert.Equal(100, guest.Call(CallNumber.Write, writer, source, 100));
        Assert.Equal(Block - 100, guest.Call(CallNumber.Write, writer, source, 2 * Block));
    }

    [Fact]
    public void Write_BeyondFileSize_WritesUpToItAndThenIsEfbig()
    {
        using var guest = Guest(new FileLimits { FileSize = 1000 });
        var (fd, source) = ((ulong)guest.Open("/data/file", Create), guest.Room(2000));

        Assert.Equal(600, guest.Call(CallNumber.Write, fd, source, 600));
        Assert.Equal(400, guest.Call(CallNumber.Write, fd, source, 600));
        Assert.Equal(Errno.EFBIG.ToResult(), guest.Call(CallNumber.Write, fd, source, 1));
        Assert.Equal(Errno.EFBIG.ToResult(), guest.Call(CallNumber.Pwrite64, fd, source, 1, 1000));
        Assert.Equal(1, guest.Call(CallNumber.Pwrite64, fd, source, 5, 999));
        Assert.Equal((1000L, new LimitUse("FileSize", 1000, 1000, 2)), (new FileInfo(_folder["file"]).Length, Use(guest, "FileSize")));
    }

    [Fact]
    public void Write_AppendedBeyondFileSize_IsEfbig()
    {
        _folder.AddFile("file", new string('x', 990));
        using var guest = Guest(new FileLimits { FileSize = 1000 });
        var (fd, source) = ((ulong)guest.Open("/data/file", Append), guest.Room(2000));

        Assert.Equal((10, Errno.EFBIG.ToResult()), (guest.Call(CallNumber.Write, fd, source, 600), guest.Call(CallNumber.Write, fd, source, 600)));
    }

    [Fact]
    public void Truncate_BeyondFileSize_IsEfbig()
    {
        using var guest = Guest(new FileLimits { FileSize = 1000 });
        var fd = (ulong)guest.Open("/data/file", Create);

        Assert.Equal((0, Errno.EFBIG.ToResult()), (guest.Call(CallNumber.Ftruncate, fd, 1000), guest.Call(CallNumber.Ftruncate, fd, 1001)));
        Assert.Equal((0, Errno.EFBIG.ToResult()), (guest.Call(CallNumber.Truncate, guest.Put("/data/file"), 999), guest.Call(CallNumber.Truncate, guest.Put("/data/file"), 1001)));
        Assert.Equal(999, new FileInfo(_folder["file"]).Length);
    }

    [Fact]
    public void Write_OneByteInEachBlock_IsChargedWholeBlocks()
    {
        using var guest = Guest(new FileLimits { BytesWritten = 100, BytesAllocated = 10 * Block });
        var (fd, source) = ((ulong)guest.Open("/data/file", Create), guest.Room(1));
        var before = Use(guest, "BytesAllocated").Used;

        var results = Enumerable.Range(0, 11).Select(block => guest.Call(CallNumber.Pwrite64, fd, source, 1, (ulong)block * 10 * Block)).ToList();

        Assert.Equal(Errno.ENOSPC.ToResult(), results[^1]);
        Assert.Equal(10 * Block, Use(guest, "BytesAllocated").Used);
        Assert.Equal((10 * Block - before) / Block, results.Count(result => result == 1));
    }

    // Byte by byte, each block costs once.
    [Theory]
    [InlineData(Create)]
    [InlineData(Append)]
    public void Write_OnAndOn_IsChargedEachBlockOnce(int flags)
    {
        using var guest = Guest(new FileLimits());
        var (fd, source) = ((ulong)guest.Open("/data/file", flags), guest.Room(1000));
        var before = Use(guest, "BytesAllocated").Used;

        for (var times = 0; times < 100; times++)
        {
            Assert.Equal(1000, guest.Call(CallNumber.Write, fd, source, 1000));
        }

        Assert.Equal(25 * Block, Use(guest, "BytesAllocated").Used - before);
    }

    [Fact]
    public void Write_OverWhatIsThere_CostsNoBlocks()
    {
        _folder.AddFile("file", new string('x', 100_000));
        using var guest = Guest(new FileLimits());
        var (fd, source) = ((ulong)guest.Open("/data/file", 2), guest.Room(1000));

        for (ulong offset = 99_000; offset > 1000; offset -= 1000)
        {
            Assert.Equal(1000, guest.Call(CallNumber.Pwrite64, fd, source, 1000, offset));
        }

        Assert.Equal(0, Use(guest, "BytesAllocated").Used);
    }

    // Whatever a guest does with a file, it is charged at least what the host's file system gave it.
    [Fact]
    public void Write_AnywhereInAnyOrder_IsChargedAtLeastWhatTheFileTook()
    {
        var random = new Random(7);
        for (var round = 0; round < 20; round++)
        {
            using var guest = Guest(new FileLimits());
            var descriptors = new[] { Create, Append, 2 }.Select(flags => (ulong)guest.Open($"/data/file{round}", flags)).ToList();
            var source = guest.Room(20_000);
            for (var step = 0; step < 60; step++)
            {
                var (fd, length) = (descriptors[random.Next(3)], (ulong)random.Next(1, random.Next(2) == 0 ? 100 : 20_000));
                var result = random.Next(8) switch
                {
                    0 => guest.Call(CallNumber.Ftruncate, fd, (ulong)random.Next(2_000_000)),
                    1 => guest.Call(CallNumber.Lseek, fd, (ulong)random.Next(1_000_000), 0),
                    < 5 => guest.Call(CallNumber.Write, fd, source, length),
                    _ => guest.Call(CallNumber.Pwrite64, fd, source, length, (ulong)random.Next(1_000_000)),
                };
                Assert.True(result >= 0);
            }

            // One block more: where the extents of so broken a file are written down.
            var status = guest.Room(144);
            guest.Call(CallNumber.Fstat, descriptors[0], status);
            Assert.True(guest.Get<stat_t>(status).st_blocks * 512 <= Use(guest, "BytesAllocated").Used + Block, $"round {round}");
        }
    }

    // Each takes an inode and a block or more of the host's disk, however little is written.
    [Fact]
    public void Open_ManyEmptyFiles_AreChargedThoughNothingIsWritten()
    {
        using var guest = Guest(new FileLimits { BytesWritten = 100_000 });

        var results = Enumerable.Range(0, 10_000).Select(index => Make(guest, $"/data/file{index}")).ToList();

        Assert.Equal(256, Directory.GetFiles(_folder.Root).Length);
        Assert.Equal(256, results.Count(result => result == 0));
        Assert.All(results.Skip(256), result => Assert.Equal(Errno.ENOSPC.ToResult(), result));
        Assert.Equal((256, 0), (Use(guest, "InodesCreated").Used, Use(guest, "BytesWritten").Used));
    }

    [Fact]
    public void InodesCreated_OfAnyKind_AreChargedUntilThereAreNoMore()
    {
        _folder.AddFile("old", "");
        using var guest = Guest(new FileLimits { InodesCreated = 5 });

        Assert.Equal(
            [0, 0, 0, 0, 0],
            [
                Make(guest, "/data/file"),
                guest.Call(CallNumber.Mkdir, guest.Put("/data/folder"), 0x1FF),
                guest.Call(CallNumber.Symlink, guest.Put("anywhere"), guest.Put("/data/soft")),
                guest.Call(CallNumber.Link, guest.Put("/data/old"), guest.Put("/data/hard")),
                Make(guest, "/data", TemporaryFile),
            ]);
        Assert.Equal((5, 6 * Block), (Use(guest, "InodesCreated").Used, Use(guest, "BytesAllocated").Used));

        // Nor does removing one make room for another.
        Assert.Equal(0, guest.Call(CallNumber.Unlink, guest.Put("/data/file")));
        Assert.All(
            (long[])[
                Make(guest, "/data/more"),
                guest.Call(CallNumber.Mkdir, guest.Put("/data/more"), 0x1FF),
                guest.Call(CallNumber.Symlink, guest.Put("anywhere"), guest.Put("/data/more")),
                guest.Call(CallNumber.Link, guest.Put("/data/old"), guest.Put("/data/more")),
                Make(guest, "/data", TemporaryFile),
            ],
            result => Assert.Equal(Errno.ENOSPC.ToResult(), result));
        Assert.False(Path.Exists(_folder["more"]));
    }

    [Fact]
    public void InodesCreated_WhatIsThereOrCannotBeMade_CostsNothing()
    {
        _folder.AddFile("old", "");
        _folder.AddFolder("folder");
        using var guest = Guest(new FileLimits { InodesCreated = 0 });

        Assert.Equal(0, Make(guest, "/data/old"));
        Assert.Equal(
            [Errno.EEXIST, Errno.EEXIST, Errno.EEXIST, Errno.EEXIST, Errno.ENOENT],
            new[]
            {
                Make(guest, "/data/old", Create | 0x80),
                guest.Call(CallNumber.Mkdir, guest.Put("/data/folder"), 0x1FF),
                guest.Call(CallNumber.Symlink, guest.Put("anywhere"), guest.Put("/data/old")),
                guest.Call(CallNumber.Link, guest.Put("/data/old"), guest.Put("/data/folder")),
                Make(guest, "/data/nowhere/file"),
            }.Select(result => (Errno)(-result)));
        Assert.Equal((0, 0), (Use(guest, "InodesCreated").Used, Use(guest, "BytesAllocated").Used));
    }

    [Fact]
    public void Open_ManyFilesAtOnce_ReportsTheMost()
    {
        _folder.AddFile("file", "");
        using var guest = Guest(new FileLimits { OpenFiles = 5 });

        for (var times = 0; times < 2; times++)
        {
            var descriptors = Enumerable.Range(0, 4).Select(_ => guest.Open("/data/file")).ToList();
            descriptors.ForEach(fd => guest.Call(CallNumber.Close, (ulong)fd));
        }

        Assert.Equal((4, 5), (Use(guest, "OpenFiles").Used, Use(guest, "OpenFiles").Limit));
    }

    // Makes a file and closes it.
    private static long Make(SyscallGuest guest, string path, int flags = Create)
    {
        guest.Rewind();
        var fd = guest.Open(path, flags);
        return fd < 0 ? fd : guest.Call(CallNumber.Close, (ulong)fd);
    }

    private SyscallGuest Guest(FileLimits limits) => SyscallGuest.With(_folder, limits: limits);

    private static LimitUse Use(SyscallGuest guest, string name) => guest.Service.Quotas.Uses.Single(use => use.Name == name);
}
