// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

/// <summary>Each kernel against the contract written as a plain loop: the same bits.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed unsafe class VnniKernelTests(bool hasVbmi)
{
    private VnniKernels _kernels = null!;

    [OneTimeSetUp]
    public void Create() => _kernels = VnniTest.KernelsOrSkip(hasVbmi);

    [OneTimeTearDown]
    public void Dispose() => _kernels?.Dispose();

    [Test]
    public void For_AnyValues_GivesTheContractsBits(
        [Values(1, 2, 3, 160)] int blockCount, [Values(1, 3)] int tiles, [Range(1, 8)] int tokenCount, [Values(0, 1, 2)] int variant, [Values] VnniValues values)
    {
        WeightFormat format = variant == 0 ? WeightFormat.Int8 : WeightFormat.Int4;
        bool hasOffsets = variant == 2;
        var random = new VnniOperands(blockCount, tiles, tokenCount, hasOffsets, values, format);
        float[] sums = [.. random.Sums];
        fixed (byte* weights = random.Blocks(), tokens = random.Tokens())
        fixed (float* result = sums)
        {
            var arguments = new QuantizedArguments
            {
                Table = random.BiasedTable(),
                Weights = (nint)weights,
                TileCount = tiles,
                Tokens = tokens,
                BlockCount = blockCount,
                Sums = result,
                SumStride = tiles * BlockLayout.TileRows * sizeof(float),
            };
            _kernels.For(format, hasOffsets, tokenCount)(&arguments);
        }

        VnniTest.AssertSameBits(sums, random.Expected());
    }

    [TestCase(WeightFormat.Int8, true, 1)]
    [TestCase(WeightFormat.Float, false, 1)]
    [TestCase(WeightFormat.Int4, false, 0)]
    [TestCase(WeightFormat.Int4, false, 9)]
    public void For_VariantThatDoesNotExist_IsRefused(WeightFormat format, bool hasOffsets, int tokenCount)
        => Assert.That(() => (nint)_kernels.For(format, hasOffsets, tokenCount), Throws.InstanceOf<NotSupportedException>());

    [Test]
    public void Kernels_OnceDisposed_GiveNoPointer()
    {
        VnniKernels kernels = VnniTest.KernelsOrSkip(hasVbmi);
        kernels.Dispose();
        Assert.That(() => (nint)kernels.For(WeightFormat.Int8, false, 1), Throws.InstanceOf<ObjectDisposedException>());
    }
}
