// SPDX-License-Identifier: MIT
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Launch;

/// <summary>What touches the cache, on an emulated device: attention in both of its ways, appending, pages.</summary>
[TestFixture]
internal sealed class EmulatedCacheTests
{
    // Queries and weights are rounded to BF16, as on the CPU; exp2 is the device's approximation.
    private const double Roundings = 2 * 65536;

    // Few multiprocessors: tiles are done whole. Many: by units of 64 positions.
    private static readonly EmulatedDevice Whole = new() { Multiprocessors = 1 };
    private static readonly EmulatedDevice ByUnits = new() { Multiprocessors = 10_000 };

    private static readonly EmulatedDevice Hopper = EmulatedDevice.Hopper with { Multiprocessors = 1 };

    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [Test]
    public void Attention_EveryHeadSizeAndRatio_IsNearTheExactValue(
        [Values(8, 20, 64, 96, 128, 192, 256)] int headSize, [Values(1, 2, 3, 4, 5, 16)] int group, [Values] bool byUnits)
    {
        using IKernels kernels = EmulatedKernels.CreateOverHostMemory(true, byUnits ? ByUnits : Whole);
        using var test = new AttentionCase(headSize + group, group, 2, headSize, 16, DType.BF16, (0, 1), (5, 3), (130, 2));
        (double[,] value, double[,] magnitude) = test.Exact(int.MaxValue, roundsQueries: true);
        Compare.Near(test.RunAll(kernels), value, magnitude, Roundings, $"head size {headSize}, {group} query heads to one");
    }

    [Test]
    public void Attention_BothWays_GiveTheSameBits([Values(1, 4)] int group, [Values(int.MaxValue, 100, 1)] int window)
    {
        using IKernels whole = EmulatedKernels.CreateOverHostMemory(true, Whole);
        using IKernels units = EmulatedKernels.CreateOverHostMemory(true, ByUnits);
        using var test = new AttentionCase(3, group, 2, 32, 32, DType.BF16, (0, 40), (300, 7), (63, 2), (64, 1));
        Compare.SameBits(test.RunAll(units, window), test.RunAll(whole, window), $"window {window}");
    }

    [Test]
    public void Attention_ByWarpgroups_GivesTheSameBits([Values(96, 128)] int headSize, [Values(1, 4)] int group, [Values(int.MaxValue, 100)] int window)
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver(Hopper, isLazy: true);
        using IKernels warpgroups = new DeviceBridge(EmulatedKernels.Create(driver));
        using IKernels whole = EmulatedKernels.CreateOverHostMemory(true, Whole);
        using var test = new AttentionCase(3, group, 2, headSize, 32, DType.BF16, (0, 40), (300, 7), (63, 2), (64, 35));
        float[,] expected = test.RunAll(whole, window);
        Compare.SameBits(test.RunAll(warpgroups, window), expected, $"window {window}");
        Assert.That(driver.Launches.Select(launch => launch.Kernel), Does.Contain("attention_wgmma_d128"));
        using TestMatrix part = TestMatrix.Of(expected).CopyRows(10, 36);
        Compare.SameBits(test.Run(warpgroups, 10, 36, window), part.ToArray(), $"window {window}, part");
    }

    [TestCase(1)]
    [TestCase(17)]
    [TestCase(64)]
    [TestCase(200)]
    public void Attention_Window_HidesWhatLiesBefore(int window)
    {
        using IKernels kernels = EmulatedKernels.CreateOverHostMemory(true);
        using var test = new AttentionCase(window, 2, 2, 16, 32, DType.BF16, (0, 40), (250, 30), (127, 2));
        (double[,] value, double[,] magnitude) = test.Exact(window, roundsQueries: true);
        Compare.Near(test.RunAll(kernels, window), value, magnitude, Roundings, $"window {window}");
    }

    [Test]
    public void Attention_AnyCompanyAndChunking_GivesATokenTheSameBits([Values] bool byUnits)
    {
        using IKernels kernels = EmulatedKernels.CreateOverHostMemory(true, byUnits ? ByUnits : Whole);
        using var test = new AttentionCase(11, 4, 2, 64, 32, DType.BF16, (0, 21), (100, 1), (190, 9));
        float[,] all = test.RunAll(kernels);
        foreach ((int start, int count) in new[] { (0, 1), (0, 5), (5, 16), (20, 1), (21, 1), (22, 9), (25, 3), (30, 1), (15, 10) })
        {
            float[,] part = test.Run(kernels, start, count);
            using TestMatrix expected = TestMatrix.Of(all).CopyRows(start, count);
            Compare.SameBits(part, expected.ToArray(), $"tokens {start} and {count - 1} more");
        }
    }

    [Test]
    public void Attention_F32Cache_RoundsNothing([Values(8, 20, 64, 128, 256)] int headSize, [Values(1, 4, 5)] int group, [Values(int.MaxValue, 17)] int window)
    {
        using IKernels kernels = EmulatedKernels.CreateOverHostMemory(true);
        using var test = new AttentionCase(headSize + group, group, 2, headSize, 16, DType.F32, (0, 1), (5, 3), (130, 2), (300, 1));
        (double[,] value, double[,] magnitude) = test.Exact(window);

        // One chain of up to 256 products into the exponent, and the device's exponential of base 2.
        Compare.Near(test.RunAll(kernels, window), value, magnitude, 300, $"head size {headSize}, {group} query heads to one, window {window}");
    }

    [Test]
    public void Attention_Int8Cache_IsNearTheExactValueOfTheCodes(
        [Values(8, 20, 64, 96, 128, 256)] int headSize, [Values(1, 4, 5)] int group, [Values(int.MaxValue, 17)] int window, [Values] bool byUnits)
    {
        using IKernels kernels = EmulatedKernels.CreateOverHostMemory(true, byUnits ? ByUnits : Whole);
        using var test = new AttentionCase(headSize + group, group, 2, headSize, 16, DType.I8, (0, 1), (5, 3), (130, 2), (300, 1));
        (double[,] value, double[,] magnitude) = test.Exact(window, roundsQueries: true);
        Compare.Near(test.RunAll(kernels, window), value, magnitude, Roundings, $"head size {headSize}, {group} query heads to one, window {window}");
    }

    [Test]
    public void Attention_Int8CacheBothWaysAndInParts_GivesTheSameBits([Values(1, 4)] int group, [Values(int.MaxValue, 100, 1)] int window)
    {
        using IKernels whole = EmulatedKernels.CreateOverHostMemory(true, Whole);
        using IKernels units = EmulatedKernels.CreateOverHostMemory(true, ByUnits);
        using var test = new AttentionCase(3, group, 2, 32, 32, DType.I8, (0, 40), (300, 7), (63, 2), (64, 1));
        float[,] all = test.RunAll(whole, window);
        Compare.SameBits(test.RunAll(units, window), all, $"window {window}");
        using TestMatrix part = TestMatrix.Of(all).CopyRows(38, 9);
        Compare.SameBits(test.Run(units, 38, 9, window), part.ToArray(), $"window {window}, part");
    }

    [Test]
    public unsafe void RopeAndAppend_Int8Cache_KeepsTheBytesOfTheProcessor([Values(16, 20, 128)] int headSize, [Values(0f, float.NaN, float.PositiveInfinity, 1e-39f)] float odd)
    {
        using IKernels device = EmulatedKernels.CreateOverHostMemory(true);
        using IKernels processor = Backends.Create("cpu-scalar");
        byte[][] caches = new byte[2][];
        for (int i = 0; i < 2; i++)
        {
            var random = new Random(headSize);
            using TestMatrix query = TestMatrix.Random(random, DType.F32, 3, 2 * headSize), key = TestMatrix.Random(random, DType.F32, 3, 2 * headSize);
            using TestMatrix value = TestMatrix.Filled(DType.F32, 3, 2 * headSize, 0, (t, d) => t == 1 && d == 3 ? odd : t == 2 ? odd : (float)random.NextDouble() - 0.5f);
            using TestMatrix table = TestMatrix.Random(random, DType.F32, 5, headSize);
            using TestMatrix rows = TestMatrix.Ints(4, 0, 2), slots = TestMatrix.Ints(17, 0, 31);
            KvLayerView shape = new(0, DType.I8, 2, 16, 2, headSize);
            using HostBuffer memory = HostBuffer.Allocate(shape.ByteCount, "cache");
            new Span<byte>((void*)memory.View(DType.U8, 1, 1).Address, (int)shape.ByteCount).Clear();
            KvLayerView cache = shape with { Address = memory.View(DType.U8, 1, 1).Address };
            BatchView batch = new(3, 3, TensorView.None, rows.View, slots.View, TensorView.None, TensorView.None, 32);
            (i == 0 ? device : processor).RopeAndAppend(query.View, key.View, value.View, table.View, cache, batch);
            caches[i] = Bytes(cache);
        }

        Assert.That(caches[0], Is.EqualTo(caches[1]));
    }

    [TestCase(8, false)]
    [TestCase(9, true)]
    public void Launches_OnHopperAlone_OverlapTheirPredecessors(int major, bool expected)
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver(new EmulatedDevice { Capability = new(major, 0) });
        using IKernels kernels = new DeviceBridge(EmulatedKernels.Create(driver));
        using var test = new AttentionCase(3, 4, 2, 20, 32, DType.BF16, (70, 3), (0, 30));
        test.RunAll(kernels);
        Assert.That(driver.Launches.Select(launch => launch.Overlaps), Is.Not.Empty.And.All.EqualTo(expected));
    }

    [Test]
    public void Attention_PageThatIsNotThere_IsRefusedBeforeAnyLaunch()
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver();
        using IKernels kernels = new DeviceBridge(EmulatedKernels.Create(driver));
        using var test = new AttentionCase(3, 1, 1, 16, 32, DType.BF16, (10, 1));
        using TestMatrix result = TestMatrix.Empty(1, 16);
        using TestMatrix position = TestMatrix.Ints(10);
        using TestMatrix zero = TestMatrix.Ints(0);
        using TestMatrix page = TestMatrix.Ints(99);
        var batch = new BatchView(1, 1, position.View, zero.View, zero.View, zero.View, page.View, 11);
        Assert.That(
            () => kernels.Attention(result.View, test.Query.View, test.Cache, batch, 1, int.MaxValue),
            Throws.ArgumentException.With.Message.Contains("page 99"));
        Assert.That(driver.Launches, Is.Empty);
    }

    [Test]
    public void CopyPage_OneOfSeveral_CopiesAllOfIt()
    {
        using IKernels kernels = EmulatedKernels.CreateOverHostMemory(true);
        using var test = new AttentionCase(3, 1, 2, 16, 32, DType.BF16, (90, 1));
        long pageBytes = test.Cache.PageStride * sizeof(ushort);
        byte[] before = Bytes(test.Cache);
        kernels.CopyPage(test.Cache, sourcePage: 2, destinationPage: 0);
        byte[] after = Bytes(test.Cache);
        Assert.That(after[..(int)pageBytes], Is.EqualTo(before[(int)(2 * pageBytes)..(int)(3 * pageBytes)]));
        Assert.That(after[(int)pageBytes..], Is.EqualTo(before[(int)pageBytes..]));
    }

    [Test]
    public void Operations_OverMemoryThatOnlyTheDeviceKnows_WriteInsideOfIt()
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver();
        using (IKernels kernels = new DeviceBridge(EmulatedKernels.Create(driver)))
        using (var test = new AttentionCase(3, 4, 2, 20, 32, DType.BF16, (70, 3), (0, 30)))
        {
            test.RunAll(kernels);
        }

        Assert.That((driver.Alive, driver.Overruns), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));
    }

    private static unsafe byte[] Bytes(in KvLayerView cache) => new Span<byte>((void*)cache.Address, (int)cache.ByteCount).ToArray();
}
