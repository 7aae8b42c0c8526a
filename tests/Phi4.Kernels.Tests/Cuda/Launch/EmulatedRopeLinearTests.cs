// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda;
using Phi4.TestSupport.Cuda;

namespace Phi4.Kernels.Tests.Cuda.Launch;

/// <summary>Norm, projection, rotation and appending in one operation: the bits of one after the other, in one launch for up to eight tokens.</summary>
[TestFixture]
internal sealed class EmulatedRopeLinearTests
{
    private const int QueryHeads = 3;
    private const int KvHeads = 1;
    private const int Width = 72;
    private const int PageSize = 16;
    private const float Epsilon = 1e-5f;

    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [TestCase(1, 32, 32, DType.BF16, "linear_rope_bf16")]
    [TestCase(8, 48, 16, DType.F32, "linear_rope_bf16")]
    [TestCase(9, 32, 32, DType.BF16, "norm_rows_bf16 linear_skinny_bf16_t16 rope_and_append")]
    [TestCase(2, 24, 24, DType.BF16, "linear_normed_bf16 rope_and_append", Description = "Heads that are no multiple of 16")]
    [TestCase(2, 32, 24, DType.BF16, "linear_normed_bf16 rope_and_append", Description = "Nor what is rotated of them")]
    public void NormLinearRopeAndAppend_SomeTokens_GivesTheBitsOfOneAfterTheOther(int tokens, int headSize, int rotarySize, DType cacheType, string launched)
    {
        EmulatedCudaDriver driver = EmulatedKernels.CreateDriver(isLazy: true);
        using CudaKernels kernels = EmulatedKernels.Create(driver);
        (float[] Query, byte[] Cache) expected = Run(kernels, tokens, headSize, rotarySize, cacheType, all =>
        {
            kernels.NormLinear(all.Projected.All, all.Source, all.Norm, all.Weight, TensorView.None);
            kernels.RopeAndAppend(all.Projected.Query, all.Projected.Key, all.Projected.Value, all.Table, all.Cache, all.Batch);
        });
        (float[] Query, byte[] Cache) found = Run(kernels, tokens, headSize, rotarySize, cacheType, all =>
        {
            driver.Launches.Clear();
            kernels.NormLinearRopeAndAppend(all.Projected, all.Source, all.Norm, all.Weight, all.Table, all.Cache, all.Batch);
        });
        Assert.That(string.Join(' ', driver.Launches.Select(launch => launch.Kernel)), Is.EqualTo(launched));
        Assert.That(found.Query, Is.EqualTo(expected.Query));
        Assert.That(found.Cache, Is.EqualTo(expected.Cache));
    }

    private static (float[] Query, byte[] Cache) Run(CudaKernels kernels, int tokens, int headSize, int rotarySize, DType cacheType, Action<Operands> work)
    {
        var random = new Random(tokens);
        int projected = (QueryHeads + (2 * KvHeads)) * headSize;
        using KernelBuffer memory = kernels.Allocate(1 << 20, "operands");
        long used = 0;
        TensorView source = Take(DType.F32, tokens, Width), room = Take(DType.F32, tokens, Width), norm = Take(DType.F32, 1, Width);
        TensorView weight = Take(DType.BF16, projected, Width), all = Take(DType.F32, tokens, projected), table = Take(DType.F32, tokens, rotarySize);
        TensorView rows = Take(DType.I32, 1, tokens), slots = Take(DType.I32, 1, tokens);
        KvLayerView cache = new(Take(DType.F32, 1, 1 << 14).Address, cacheType, 2, PageSize, KvHeads, headSize);
        foreach (TensorView tensor in new[] { source, norm, table })
        {
            kernels.Write<float>(tensor, [.. Enumerable.Range(0, (int)tensor.Count).Select(_ => random.NextSingle() - 0.5f)]);
        }

        kernels.Write<ushort>(weight, [.. Enumerable.Range(0, (int)weight.Count).Select(_ => BFloat16.FromSingle(random.NextSingle() - 0.5f))]);
        kernels.Write<int>(rows, [.. Enumerable.Range(0, tokens)]);
        kernels.Write<int>(slots, [.. Enumerable.Range(0, tokens).Select(t => (t * 3) + 1)]);
        int queryColumns = QueryHeads * headSize, kvColumns = KvHeads * headSize;
        TensorView query = all with { Columns = queryColumns };
        TensorView key = all with { Columns = kvColumns, Address = all.Address + (queryColumns * sizeof(float)) };
        TensorView value = key with { Address = key.Address + (kvColumns * sizeof(float)) };
        BatchView batch = new(tokens, tokens, TensorView.None, rows, slots, TensorView.None, TensorView.None, tokens);
        work(new Operands(new Projection(all, query, key, value), source, new RowNorm(norm, Epsilon, room), weight, table, cache, batch));
        float[] result = new float[all.Count];
        kernels.Read<float>(result, all);
        byte[] bytes = new byte[cache.ByteCount];
        kernels.Read<byte>(bytes, new TensorView(cache.Address, DType.U8, 1, bytes.Length));
        return ([.. Enumerable.Range(0, tokens).SelectMany(t => result[(t * projected)..((t * projected) + queryColumns)])], bytes);

        TensorView Take(DType dtype, int count, int columns)
        {
            TensorView view = memory.View(dtype, count, columns, used);
            used = (used + view.ByteCount + 255) & ~255L;
            return view;
        }
    }

    private sealed record Operands(
        Projection Projected, TensorView Source, RowNorm Norm, TensorView Weight, TensorView Table, KvLayerView Cache, BatchView Batch);
}
