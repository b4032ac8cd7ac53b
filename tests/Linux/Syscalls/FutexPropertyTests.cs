using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Random waits, wakes and requeues, against a list of who waits for what.</summary>
public sealed class FutexPropertyTests
{
    private const int Rounds = 3000, Words = 3;
    private const ulong Private = 128;

    private sealed record Waiting(int Thread, int Word, uint Bits);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Calls_AtRandom_AreAsTheModelSays(int seed)
    {
        using var guest = new SyscallGuest([]);
        var random = new Random(seed);
        var words = Enumerable.Range(0, Words).Select(_ => guest.Put(0u)).ToArray();
        var threads = Enumerable.Range(1, 7).Select(guest.Thread).ToArray();
        var model = new List<Waiting>();
        for (var round = 0; round < Rounds; round++)
        {
            var (word, other, count, moved, bits) = (random.Next(Words), random.Next(Words), random.Next(4), random.Next(4), (uint)random.Next(1, 16));
            var thread = random.Next(threads.Length);
            switch (random.Next(6))
            {
                case 0 or 1 when !threads[thread].IsWaiting:
                    Assert.True(threads[thread].Call(CallNumber.Futex, words[word], 9 | Private, 0, 0, 0, bits).IsWaiting);
                    model.Add(new Waiting(thread, word, bits));
                    break;
                case 2 when threads[thread].IsWaiting && model.Exists(waiting => waiting.Thread == thread):
                    if (random.Next(2) == 0)
                    {
                        Assert.True(threads[thread].Again().IsWaiting);
                        break;
                    }

                    Assert.Equal(Errno.ERESTARTSYS.ToResult(), threads[thread].Interrupt());
                    model.RemoveAll(waiting => waiting.Thread == thread);
                    break;
                case 3:
                    var woken = model.Where(waiting => waiting.Word == word && (waiting.Bits & bits) != 0).Take(Math.Max(1, count)).ToList();
                    Assert.Equal(woken.Count, guest.Call(CallNumber.Futex, words[word], 10 | Private, (ulong)count, 0, 0, bits));
                    End(woken);
                    break;
                case 4:
                    var all = model.Where(waiting => waiting.Word == word).Take(count + moved).ToList();
                    Assert.Equal(all.Count, guest.Call(CallNumber.Futex, words[word], 4 | Private, (ulong)count, (ulong)moved, words[other], 0));
                    End(all.Take(count));
                    foreach (var requeued in all.Skip(count).Where(_ => word != other))
                    {
                        model.Remove(requeued);
                        model.Add(requeued with { Word = other });
                    }

                    break;
                case 5:
                    // The second word becomes 0, and those who wait for it are woken as it was 0.
                    var first = model.Where(waiting => waiting.Word == word).Take(Math.Max(1, count)).ToList();
                    var second = model.Where(waiting => waiting.Word == other).Except(first).Take(Math.Max(1, moved)).ToList();
                    Assert.Equal(first.Count + second.Count, guest.Call(CallNumber.Futex, words[word], 5 | Private, (ulong)count, (ulong)moved, words[other], 0));
                    End([.. first, .. second]);
                    break;
            }
        }

        void End(IEnumerable<Waiting> woken)
        {
            foreach (var waiting in woken.ToList())
            {
                Assert.True(threads[waiting.Thread].IsWoken);
                Assert.Equal(0, threads[waiting.Thread].Again().Result);
                Assert.False(threads[waiting.Thread].IsWaiting);
                model.Remove(waiting);
            }
        }
    }
}
