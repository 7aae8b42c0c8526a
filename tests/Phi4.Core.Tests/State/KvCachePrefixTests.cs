// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.State;
using Phi4.Kernels;

namespace Phi4.Core.Tests.State;

/// <summary>What ended sequences leave behind. A key here is a hash of all that it depends on, so that one that is found for other tokens shows.</summary>
internal sealed class KvCachePrefixTests
{
    private const int Pages = 12;
    private const int P = KvCache.PageSize;
    private const int LongRegime = 1000;

    private TinyCache _tiny = null!;
    private KvCache _cache = null!;

    [SetUp]
    public void Allocate()
    {
        _tiny = new TinyCache(DType.F32, Pages);
        _cache = _tiny.Cache;
    }

    [TearDown]
    public void Free() => _tiny.Dispose();

    [Test]
    public void TakeOver_OfTokensThatGoOn_SharesFullPagesAndCopiesTheLast()
    {
        int[] tokens = Tokens(3 * P, seed: 1);
        Run(tokens[..(2 * P + 10)], leave: true);
        Assert.That((_cache.FreePageCount, _cache.IdlePageCount), Is.EqualTo((Pages, 3)));

        PageTable table = Run(tokens, leave: false, expectedFound: 2 * P + 10);
        Assert.That((_cache.FreePageCount, _cache.IdlePageCount), Is.EqualTo((Pages - 3, 0)), "the copied page is a beginning of the table's third, which is full and known now");
        Run(tokens, leave: false, expectedFound: 2 * P + P - 1);
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages - 3), "the last page was computed twice; one of the two is enough");
        Assert.That(table.KnownPages, Is.EqualTo(3));
    }

    [Test]
    public void TakeOver_OfTokensThatDifferInAPage_CopiesWhatIsAlike([Values(0, 3, 4, 31)] int alike)
    {
        int[] tokens = Tokens(3 * P, seed: 1);
        Run(tokens, leave: true);
        int[] other = [.. tokens[..(P + alike)], .. Tokens(40, seed: 2)];
        Run(other, leave: false, expectedFound: P + (alike < 4 ? 0 : alike));
    }

    [Test]
    public void TakeOver_OfEverything_LeavesTheLastTokenToCompute()
    {
        int[] tokens = Tokens(2 * P, seed: 1);
        Run(tokens, leave: true);
        Run(tokens, leave: false, expectedFound: 2 * P - 1);
        Run(tokens[..1], leave: false, expectedFound: 0);
    }

    [Test]
    public void TakeOver_InTheOtherRotaryRegime_FindsNothing()
    {
        int[] tokens = Tokens(2 * P + 1, seed: 1);
        Run(tokens, leave: true);
        Run(tokens, leave: true, regime: LongRegime, expectedFound: 0);
        Run(tokens, leave: false, regime: LongRegime, expectedFound: 2 * P);
        Run(tokens, leave: false, expectedFound: 2 * P);
    }

    [Test]
    public void Reserve_WhenAllPagesAreKept_TakesTheOldestAndItsEndFirst()
    {
        int[] old = Tokens(4 * P, seed: 1), young = Tokens(8 * P, seed: 2);
        Run(old, leave: true);
        Run(young, leave: true);
        Assert.That((_cache.FreePageCount, _cache.IdlePageCount), Is.EqualTo((Pages, Pages)));

        var table = new PageTable();
        Assert.That(_cache.TryReserve(table, P), Is.True);
        Assert.That(Found(old), Is.EqualTo(3 * P));
        Assert.That(Found(young), Is.EqualTo(8 * P - 1));
        Assert.That(_cache.TryReserve(table, Pages * P), Is.True, "no kept page stands in anybody's way");
        Assert.That(Found(young), Is.Zero);
    }

    [Test]
    public void TakeOver_WhenNoPageIsLeftForACopy_DoesWithout()
    {
        int[] tokens = Tokens(2 * P + 20, seed: 1);
        Run(tokens, leave: true);
        var hoarder = new PageTable();
        Assert.That(_cache.TryReserve(hoarder, (Pages - 3) * P), Is.True);
        Assert.That(Found([.. tokens, 1]), Is.EqualTo(2 * P), "the only page that is left is the one to copy");
    }

    [Test]
    public void CountHeld_OfAPrefix_CountsWhatOthersHoldNow()
    {
        int[] tokens = Tokens(4 * P, seed: 1);
        PageTable holder = Run(tokens[..(2 * P)], leave: false);
        Run(tokens, leave: true);
        Assert.That(_cache.CountHeld(tokens, 0), Is.EqualTo(2));
        _cache.Leave(holder, tokens);
        Assert.That(_cache.CountHeld(tokens, 0), Is.Zero);
    }

    [Test]
    public void Forget_OfAllPrefixes_LeavesEmptyPages()
    {
        int[] tokens = Tokens(3 * P + 9, seed: 1);
        Run(tokens, leave: true);
        _cache.ForgetPrefixes();
        Assert.That((_cache.FreePageCount, _cache.IdlePageCount, Found(tokens)), Is.EqualTo((Pages, 0, 0)));
    }

    [Test]
    public void AnyHistory_OfSequencesThatComeAndGo_FindsNothingButWhatItsTokensGive() =>
        Gen.Int[0, 3].Select(Gen.Int[0, 5], Gen.Int[0, 2].Select(Gen.Int[1, 45]).Array[1, 5], Gen.Bool).Array[1, 60].Sample(history =>
        {
            using var tiny = new TinyCache(DType.F32, Pages);
            KvCache cache = tiny.Cache;
            List<(PageTable Table, List<int> Tokens)> sequences = [];
            bool right = true;
            foreach ((int drawn, int pick, (int Token, int Count)[] runs, bool isLong) in history)
            {
                int action = sequences.Count == 0 ? 0 : drawn;
                int[] more = [.. runs.SelectMany(run => Enumerable.Repeat(run.Token, run.Count))];
                int index = sequences.Count == 0 ? 0 : pick % sequences.Count;
                if (action == 0)
                {
                    var table = new PageTable();
                    cache.TakeOver(table, more, isLong ? LongRegime : 0);
                    right &= table.Length < more.Length && IsRight(cache, table, more);
                    sequences.Add((table, []));
                    index = sequences.Count - 1;
                }

                (PageTable Table, List<int> Tokens) sequence = sequences[index];
                if (action <= 1)
                {
                    sequence.Tokens.AddRange(more);
                    if (!Compute(cache, sequence.Table, [.. sequence.Tokens], chunk: 10 + pick))
                    {
                        sequence.Tokens.RemoveRange(sequence.Table.Length, sequence.Tokens.Count - sequence.Table.Length);
                    }
                }
                else if (action == 2)
                {
                    cache.Leave(sequence.Table, [.. sequence.Tokens]);
                    sequences.RemoveAt(index);
                }
                else
                {
                    cache.Truncate(sequence.Table, 0);
                    sequences.RemoveAt(index);
                }
            }

            right &= sequences.All(sequence => IsRight(cache, sequence.Table, [.. sequence.Tokens]));
            sequences.ForEach(sequence => cache.Leave(sequence.Table, [.. sequence.Tokens]));
            right &= cache.FreePageCount == Pages;
            var all = new PageTable();
            return right && cache.TryReserve(all, Pages * P) && cache.IdlePageCount == 0;
        });

    private static int[] Tokens(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(100))];
    }

    /// <summary>A key depends on its regime and on every token up to its own.</summary>
    private static float KeyOf(ReadOnlySpan<int> tokens, int regime)
    {
        uint hash = (uint)regime + 17;
        foreach (int token in tokens)
        {
            hash = (hash ^ (uint)token) * 16777619;
        }

        return hash >> 8; // exact in a float
    }

    private static bool IsRight(KvCache cache, PageTable table, int[] tokens) => Enumerable.Range(0, table.Length).All(position =>
        KvCacheTests.Slot(cache, table, position) == KeyOf(tokens.AsSpan(0, position + 1), table.RopeOffset));

    /// <summary>What the engine does with a sequence, without an engine. False if pages ran out.</summary>
    private static bool Compute(KvCache cache, PageTable table, int[] tokens, int chunk)
    {
        while (table.Length < tokens.Length)
        {
            int length = Math.Min(tokens.Length, table.Length + chunk);
            if (!cache.TryReserve(table, length))
            {
                return false;
            }

            for (int position = table.Length; position < length; position++)
            {
                KvCacheTests.Slot(cache, table, position) = KeyOf(tokens.AsSpan(0, position + 1), table.RopeOffset);
            }

            table.Length = length;
            cache.Publish(table, tokens);
        }

        return true;
    }

    private PageTable Run(int[] tokens, bool leave, int regime = 0, int? expectedFound = null)
    {
        var table = new PageTable();
        _cache.TakeOver(table, tokens, regime);
        Assert.That(table.Length, Is.EqualTo(expectedFound ?? table.Length));
        Assert.That(Compute(_cache, table, tokens, chunk: 48), Is.True);
        Assert.That(IsRight(_cache, table, tokens), Is.True);
        if (leave)
        {
            _cache.Leave(table, tokens);
        }

        return table;
    }

    private int Found(int[] tokens)
    {
        var table = new PageTable();
        _cache.TakeOver(table, tokens, 0);
        Assert.That(IsRight(_cache, table, tokens), Is.True);
        int found = table.Length;
        _cache.Truncate(table, 0);
        return found;
    }
}
