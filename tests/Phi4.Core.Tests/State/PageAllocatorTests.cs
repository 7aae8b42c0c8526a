// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.State;

namespace Phi4.Core.Tests.State;

internal sealed class PageAllocatorTests
{
    [Test]
    public void Allocate_WhenEmpty_RefusesAndChangesNothing()
    {
        var allocator = new PageAllocator(1);
        Assert.That(allocator.TryAllocate(out int page), Is.True);
        Assert.That(allocator.TryAllocate(out _), Is.False);
        Assert.That(allocator.HolderCount(page), Is.EqualTo(1));
    }

    [Test]
    public void Release_OfAFreePage_Throws()
    {
        var allocator = new PageAllocator(2);
        Assert.That(() => allocator.Release(1), Throws.InvalidOperationException.With.Message.Contains("Page 1 of 2"));
        Assert.That(() => allocator.AddHolder(1), Throws.InvalidOperationException);
    }

    [Test]
    public void AnyHistory_AgainstAMap_CountsHoldersAndFreePages() => Gen.Int[0, 2].Select(Gen.Int[0, 7]).Array[0, 200].Sample(history =>
    {
        var allocator = new PageAllocator(8);
        var held = new Dictionary<int, int>();
        foreach ((int action, int pick) in history)
        {
            if (action == 0)
            {
                bool given = allocator.TryAllocate(out int page);
                if (given != held.Count < 8 || (given && !held.TryAdd(page, 1)))
                {
                    return false;
                }
            }
            else if (held.Count > 0)
            {
                int page = held.Keys.Order().ElementAt(pick % held.Count);
                if (action == 1)
                {
                    allocator.AddHolder(page);
                    held[page]++;
                }
                else
                {
                    allocator.Release(page);
                    if (--held[page] == 0)
                    {
                        held.Remove(page);
                    }
                }
            }
        }

        return allocator.FreeCount == 8 - held.Count && held.All(entry => allocator.HolderCount(entry.Key) == entry.Value);
    });

    [Test]
    public void Allocate_OfKeptPages_TakesThoseFirstThatHaveBeenFreeLongest()
    {
        var allocator = new PageAllocator(4);
        for (int i = 0; i < 4; i++)
        {
            allocator.TryAllocate(out int page);
            allocator.Keep(page);
        }

        foreach (int page in (int[])[2, 0, 3, 1])
        {
            allocator.Release(page);
        }

        allocator.AddHolder(0); // of use again: it goes to the end
        allocator.Release(0);
        allocator.AddHolder(1);
        allocator.Forget(3);
        Assert.That((allocator.FreeCount, allocator.IdleCount), Is.EqualTo((3, 2)));
        Assert.That(new[] { 3, 2, 0 }.Select(_ => allocator.TryAllocate(out int page) ? page : -1), Is.EqualTo((int[])[3, 2, 0]), "the forgotten one is empty, so it goes first");
        Assert.That(allocator.TryAllocate(out _), Is.False, "page 1 is held");
        allocator.Release(2);
        allocator.TryAllocate(out _);
        Assert.That((allocator.FreeCount, allocator.IdleCount), Is.EqualTo((0, 0)), "a page that was handed out is not kept any more");
    }

    [Test]
    public void Forget_OfAHeldPage_FreesItWithItsHolder()
    {
        var allocator = new PageAllocator(1);
        allocator.TryAllocate(out int page);
        allocator.Keep(page);
        allocator.Forget(page);
        allocator.Release(page);
        Assert.That((allocator.FreeCount, allocator.IdleCount), Is.EqualTo((1, 0)));
        Assert.That(() => allocator.Forget(page), Throws.InvalidOperationException);
    }
}
