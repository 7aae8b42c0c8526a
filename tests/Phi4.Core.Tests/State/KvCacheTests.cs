// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.State;
using Phi4.Kernels;

namespace Phi4.Core.Tests.State;

[TestFixture(DType.F32)]
[TestFixture(DType.I8)]
internal sealed class KvCacheTests(DType cacheType)
{
    private const int Pages = 12;

    private TinyCache _tiny = null!;
    private KvCache _cache = null!;

    [SetUp]
    public void Allocate()
    {
        _tiny = new TinyCache(cacheType, Pages);
        _cache = _tiny.Cache;
    }

    [TearDown]
    public void Free() => _tiny.Dispose();

    [Test]
    public void Reserve_BeyondWhatIsFree_RefusesAndTakesNothing()
    {
        var table = new PageTable();
        Assert.That(_cache.TryReserve(table, Pages * KvCache.PageSize + 1), Is.False);
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages));
        Assert.That(table.Pages, Is.Empty);
    }

    [Test]
    public void Fork_ThenWritingOneSide_LeavesTheOtherSidesKeysAlone()
    {
        PageTable parent = Filled(40, marker: 1f);
        PageTable child = _cache.Fork(parent);
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages - 2), "a fork takes no page");

        Assert.That(_cache.TryReserve(child, 41), Is.True);
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages - 3), "the half-filled page is copied, the full one stays shared");
        Write(child, 40, 2f);
        Write(child, 39, 3f);
        Assert.That(Read(parent, 39), Is.EqualTo(1f));
        Assert.That(Read(child, 0), Is.EqualTo(1f));
        Assert.That(child.Pages[0], Is.EqualTo(parent.Pages[0]));
        Assert.That(child.Pages[1], Is.Not.EqualTo(parent.Pages[1]));
    }

    [Test]
    public void Truncate_ToAPageBorder_GivesTheRestBack()
    {
        PageTable table = Filled(100, marker: 1f);
        _cache.Truncate(table, 64);
        Assert.That(table.Pages, Has.Count.EqualTo(2));
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages - 2));
    }

    [Test]
    public void AnyHistory_OfForksAndWrites_NeverLeaksNorMixesSequences() => Gen.Int[0, 3].Select(Gen.Int[0, 5], Gen.Int[1, 70]).Array[1, 60].Sample(history =>
    {
        using var tiny = new TinyCache(cacheType, Pages);
        KvCache cache = tiny.Cache;
        List<(PageTable Table, List<float> Expected)> sequences = [];
        float marker = 0;
        foreach ((int action, int pick, int size) in history)
        {
            (PageTable table, List<float> expected) = sequences.Count > 0 ? sequences[pick % sequences.Count] : (null!, null!);
            if (action == 0 || table is null)
            {
                sequences.Add((new PageTable(), []));
            }
            else if (action == 1 && cache.TryReserve(table, table.Length + size))
            {
                for (int i = 0; i < size; i++, table.Length++)
                {
                    expected.Add(++marker);
                    Slot(cache, table, table.Length) = marker;
                }
            }
            else if (action == 2)
            {
                sequences.Add((cache.Fork(table), [.. expected]));
            }
            else if (action == 3)
            {
                int keep = table.Length * (size - 1) / 70;
                cache.Truncate(table, keep);
                expected.RemoveRange(keep, expected.Count - keep);
            }
        }

        bool intact = sequences.All(sequence => sequence.Expected.Select((value, position) => Slot(cache, sequence.Table, position) == value).All(same => same));
        sequences.ForEach(sequence => cache.Truncate(sequence.Table, 0));
        return intact && cache.FreePageCount == Pages;
    });

    private PageTable Filled(int length, float marker)
    {
        var table = new PageTable();
        Assert.That(_cache.TryReserve(table, length), Is.True);
        for (; table.Length < length; table.Length++)
        {
            Write(table, table.Length, marker);
        }

        return table;
    }

    private void Write(PageTable table, int position, float value) => Slot(_cache, table, position) = value;

    private float Read(PageTable table, int position) => Slot(_cache, table, position);

    [Test]
    public void BytesPerToken_AreWhatTheConfigurationSays()
        => Assert.That(_cache.BytesPerToken, Is.EqualTo(TinyCache.Config.KvBytesPerToken(cacheType)));

    /// <summary>
    /// The first value, or its scale, of the last layer's last value head at a position: the far end of what a page copy must carry.
    /// </summary>
    internal static unsafe ref float Slot(KvCache cache, PageTable table, int position)
    {
        KvLayerView layer = cache.Layer(TinyCache.Config.LayerCount - 1);
        int slot = KvCache.SlotOf(table, position);
        (int page, int token, int head) = (slot / layer.PageSize, slot % layer.PageSize, layer.KvHeadCount - 1);
        if (layer.DType == DType.I8)
        {
            return ref *(float*)(layer.Address + (nint)layer.ValueScale(page, head, token));
        }

        return ref ((float*)layer.Address)[layer.ValueElement(page, head, token, 0)];
    }
}
